/* For C code that is written for LuatOS's own component, such as its Lua binding: the variable g_rtmp_ctx. */
#ifndef LUATOS_BINDING_H
#define LUATOS_BINDING_H

#include "../../include/luat_rtmp_push.h"

/* A context of the C API begins: g_rtmp_ctx points to it from now on. */
void luatos_binding_begin(rtmp_ctx_t *ctx);

/* A context ends: g_rtmp_ctx does not point to it any more. */
void luatos_binding_forget(rtmp_ctx_t *ctx);

/* Whether the host has a camera, and luatos_binding_follow() has to be called. */
int luatos_binding_has_camera(void);

/*
 * The context's state has become state: starts the camera of the host for the context of g_rtmp_ctx when it publishes,
 * and stops it when it does not any more. Called after the state callback of the context, which may have ended it: the
 * address is not followed.
 */
void luatos_binding_follow(rtmp_ctx_t *ctx, rtmp_state_t state);

#endif

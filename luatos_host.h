/*
 * LuatOS as the host: what its interpreter offers to a module besides Lua. All of it is weak: a host that is not LuatOS
 * has none of it, and every function here then does nothing or says so.
 *
 *     luatos_bus.c     changes of state travel over LuatOS's message bus
 *     luatos_camera.c  LuatOS's camera feeds the contexts that have no source of their own
 *     luatos_binding.c g_rtmp_ctx, for C code that is written for LuatOS's own component; declared in api.h
 */
#ifndef LUATOS_HOST_H
#define LUATOS_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "include/luat_rtmp_push.h"
#include "lua_bus.h"

/* ---- declared as LuatOS does ---- */

/* A message. The loop of the host calls handler(L, ptr) on the interpreter's thread, unprotected. */
struct rtos_msg {
    int (*handler)(lua_State *L, void *ptr);
    void *ptr;
    int   arg1;
    int   arg2;
};

RTMP_STATIC_ASSERT(offsetof(struct rtos_msg, arg1) == 2 * sizeof(void *), rtos_msg_arg1_stands_behind_two_pointers);
RTMP_STATIC_ASSERT(sizeof(struct rtos_msg) == 2 * sizeof(void *) + 8, rtos_msg_has_no_padding);

/* Copies msg. 0: queued; else the bus is full. Any thread. */
uint32_t luat_msgbus_put(struct rtos_msg *msg, size_t timeout);
#pragma weak luat_msgbus_put

enum { LUAT_CAMERA_RAW = 0, LUAT_CAMERA_MJPEG = 1, LUAT_CAMERA_H264 = 2 }; /* of data_type; not every camera sets it */

/* A frame of the camera. The size is the first member of a union, whose other members need the room behind it. */
typedef struct luat_camera_frame_data {
    uint64_t *data;
    int       total_bytes;
    int       room[2];
    uint8_t   data_type;
} luat_camera_frame_data_t;

RTMP_STATIC_ASSERT(offsetof(luat_camera_frame_data_t, total_bytes) == sizeof(void *), luat_camera_frame_size_stands_behind_data);
RTMP_STATIC_ASSERT(offsetof(luat_camera_frame_data_t, data_type) == sizeof(void *) + 12, luat_camera_frame_type_stands_behind_the_union);
RTMP_STATIC_ASSERT(sizeof(luat_camera_frame_data_t) == sizeof(void *) + 16, luat_camera_frame_ends_with_its_type);

/* One callback for each camera; it is called from whatever thread. */
void luat_camera_set_frame_data_callback(int id, void (*callback)(luat_camera_frame_data_t *, void *), void *user_data);
int luat_camera_capture(int id, uint8_t quality, const char *path); /* 0: done */
int luat_camera_start(int id);
int luat_camera_stop(int id);
#pragma weak luat_camera_set_frame_data_callback
#pragma weak luat_camera_capture
#pragma weak luat_camera_start
#pragma weak luat_camera_stop

/* ---- luatos_bus.c ---- */

/* Whether the host has a message bus. */
int luatos_has_bus(void);

/*
 * Puts one message on the host's bus for each event of bus that has none yet. What does not fit is put later, by the next
 * call or by a thread of its own. Any thread.
 */
void luatos_announce(struct bus *bus);

/* ---- luatos_camera.c ---- */

/*
 * Lets the camera of the host feed a context. Returns the number for the functions below; 0 when the host has no camera,
 * or there is no memory.
 */
int luatos_camera_join(rtmp_ctx_t *ctx);

/* The context's new state, in its callback. A number that has left is ignored. */
void luatos_camera_follow(int number, rtmp_state_t state);

/*
 * The script has stopped the context, or started it again: it gets no frames while paused, and the camera does not run
 * for it. A number that has left, or 0, is ignored. Not from a frame callback.
 */
void luatos_camera_pause(int number, int paused);

/*
 * Takes the context off the camera, as before it is destroyed: no frame is on its way to it when this has returned. A
 * number that has left, or 0, is ignored. What set_camera() said stays. Returns whether the context was on the camera.
 * Not from a frame callback.
 */
int luatos_camera_leave(int number);

/* Whether the host can start and stop a camera. */
int luatos_camera_can_run(void);

/*
 * Keeps the camera running for a context of the C API, whose program takes the frames itself; one context at a time, the
 * last one. luatos_camera_release() ends that; for another context it does nothing.
 */
void luatos_camera_hold(const rtmp_ctx_t *ctx);
void luatos_camera_release(const rtmp_ctx_t *ctx);

#endif

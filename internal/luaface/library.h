/* What the Lua face needs of the library beside its public header. The library defines it: api.c. */
#ifndef LUAFACE_LIBRARY_H
#define LUAFACE_LIBRARY_H

#include "../../include/luat_rtmp_push.h"

/* rtmp_init() for a context of the Lua module, which g_rtmp_ctx never points to. */
int init_context(rtmp_ctx_t *ctx);

/* rtmp_deinit() for a context of the Lua module; the goodbye to the server goes on without the caller. */
void leave_context(rtmp_ctx_t *ctx);

/* Waits for those goodbyes, and for others that are under way, half a second at most. */
void await_goodbyes(void);

/* Logs a warning about a context: what has happened, and why. Does not wait. In a child made by fork() it does nothing. */
void log_warning(rtmp_ctx_t *ctx, const char *what, const char *why);

/* A parameter of a source: its name and its value. */
struct source_field {
    const char *name, *value;
};

/* rtmp_set_source() for a path or a URL whose parameters are apart from it. */
int set_source(rtmp_ctx_t *ctx, const char *path, const struct source_field *fields, uint32_t count);

#endif

/* What a script calls: the methods of a context, and the functions of the module that do not stand in luaopen_rtmp.c. */
#ifndef LUAFACE_METHODS_H
#define LUAFACE_METHODS_H

#include <lua.h>

/* ---- context.c ---- */
int context_set_callback(lua_State *L);
int context_set_bitrate_callback(lua_State *L);
int context_connect(lua_State *L);
int context_disconnect(lua_State *L);
int context_start(lua_State *L);
int context_stop(lua_State *L);
int context_destroy(lua_State *L); /* destroy and __close */
int context_collect(lua_State *L); /* __gc: does not wait, because all contexts are collected one after the other when their state closes */

/* ---- source.c, metadata.c ---- */
int context_use_source(lua_State *L);
int context_use_metadata(lua_State *L);

/* ---- media.c ---- */
int context_send_video(lua_State *L);
int context_send_audio(lua_State *L);

/* ---- stats.c ---- */
int context_get_state(lua_State *L);
int context_get_stats(lua_State *L);
int context_get_error(lua_State *L);
int context_tostring(lua_State *L);

/* ---- delivery.c, log.c ---- */
int module_poll(lua_State *L);
int module_set_logger(lua_State *L);

#endif

/*
 * The exports of export.go. Each has the type of the public function of its name, so that the compiler compares them
 * with include/luat_rtmp_push.h; what stands between is api.c.
 */
#ifndef API_H
#define API_H

#include "include/luat_rtmp_push.h"

#define SAME_TYPE(name) __typeof__(rtmp_##name) go_##name

SAME_TYPE(init);
SAME_TYPE(deinit);
SAME_TYPE(set_url);
SAME_TYPE(set_option);
SAME_TYPE(set_source);
SAME_TYPE(metadata_number);
SAME_TYPE(metadata_string);
SAME_TYPE(metadata_boolean);
SAME_TYPE(metadata_clear);
SAME_TYPE(metadata_send);
SAME_TYPE(set_state_callback);
SAME_TYPE(set_bitrate_callback);
SAME_TYPE(set_url_callback);
SAME_TYPE(keep_url);
SAME_TYPE(set_log_callback);
SAME_TYPE(connect);
SAME_TYPE(disconnect);
SAME_TYPE(start);
SAME_TYPE(stop);
SAME_TYPE(poll);
SAME_TYPE(get_state);
SAME_TYPE(is_busy);
SAME_TYPE(send_nalu);
SAME_TYPE(send_nalu_multi);
SAME_TYPE(send_video);
SAME_TYPE(send_aac);
SAME_TYPE(send_audio);
SAME_TYPE(send_video_frame);
SAME_TYPE(send_audio_frame);
SAME_TYPE(set_stats_interval);
SAME_TYPE(set_stats_window);
SAME_TYPE(get_stats);
SAME_TYPE(get_info);
SAME_TYPE(get_error);
SAME_TYPE(get_call_error);
SAME_TYPE(get_source_error);
SAME_TYPE(describe);

/* What is known of the host's camera whose frames are sent to the context; core.Camera has the same numbers. */
enum camera { CAMERA_NONE, CAMERA_EXPECTED, CAMERA_FAILED };

/* The source waits while the camera is expected, and begins at once when that has changed. */
void set_camera(rtmp_ctx_t *ctx, enum camera camera);
void go_set_camera(rtmp_ctx_t *ctx, enum camera camera);

#undef SAME_TYPE

/* rtmp_init() for a context of the Lua module, which g_rtmp_ctx never points to. api.c */
int init_context(rtmp_ctx_t *ctx);

/* rtmp_deinit() for a context of the Lua module; the goodbye to the server goes on without the caller. api.c */
void leave_context(rtmp_ctx_t *ctx);

/* Waits for those goodbyes, and for others that are under way, half a second at most. api.c */
void await_goodbyes(void);

/* ---- luatos_binding.c ---- */

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

/* For the other C files. */

/* Logs a warning about ctx, or about the library if that is NULL: what has happened, and why. Does not wait. Not in a child made by fork(). */
void go_warn(rtmp_ctx_t *ctx, const char *what, const char *why);

/* rtmp_deinit() without waiting for the goodbye. Not in a child made by fork(). */
void go_leave(rtmp_ctx_t *ctx);

/* Waits for the goodbyes that are under way. Not in a child made by fork(). */
void go_await_goodbyes(int exiting);

/* Waits until what was logged is written, 100 ms at most. Not in a child made by fork(). */
void go_flush_log(void);

#endif

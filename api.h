/*
 * The exports of export.go. Each has the type of the public function of its name, so that the compiler compares them
 * with include/luat_rtmp_push.h; what stands between is api.c.
 */
#ifndef API_H
#define API_H

#include "include/luat_rtmp_push.h"
#include "internal/luaface/library.h"
#include "internal/luatos/binding.h"
#include "internal/luatos/camera.h"

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

void go_set_camera(rtmp_ctx_t *ctx, enum camera camera);

#undef SAME_TYPE

/* The rest is for api.c, and not to be called in a child made by fork(). */

/* set_source() of the Lua face. */
int go_set_source_fields(rtmp_ctx_t *ctx, const char *path, const struct source_field *fields, uint32_t count);

/* Logs a warning about ctx, or about the library if that is NULL: what has happened, and why. Does not wait. */
void go_warn(rtmp_ctx_t *ctx, const char *what, const char *why);

/* rtmp_deinit() without waiting for the goodbye. */
void go_leave(rtmp_ctx_t *ctx);

/* Waits for the goodbyes that are under way. */
void go_await_goodbyes(int exiting);

/* Waits until what was logged is written, 100 ms at most. */
void go_flush_log(void);

#endif

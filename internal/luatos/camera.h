/*
 * LuatOS's camera. It runs while a context that uses it is publishing, and its frames go to all of those.
 */
#ifndef LUATOS_CAMERA_H
#define LUATOS_CAMERA_H

#include "../../include/luat_rtmp_push.h"

/* What is known of the camera whose frames are sent to a context; core.Camera has the same numbers. */
enum camera { CAMERA_NONE, CAMERA_EXPECTED, CAMERA_FAILED };

/*
 * Tells a context. Its own source waits while the camera is expected, and begins at once when that has changed. The library defines
 * it: api.c.
 */
void set_camera(rtmp_ctx_t *ctx, enum camera camera);

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

/*
 * LuatOS's camera. It runs while a context that uses it is publishing, and its frames go to all of those. What the host
 * gets of us is a function and the number of the camera: a frame that comes when no context is left finds none.
 *
 * A context's own source waits for the camera, however long that takes, and is sent instead only when the camera answers
 * with an error: viewers are not to see a test picture because a camera is slow.
 */
#define _POSIX_C_SOURCE 200809L

#include "camera.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "../forkguard/forked.h"
#include "host.h"

#define CAMERA 0
#define QUALITY 80
#define PATH "rtmp"

/* A context that uses the camera. */
struct user {
    struct user *next;
    int          number;
    rtmp_ctx_t  *ctx;
    int          publishing; /* and the camera, when it was asked to start, did */
    int          paused;     /* by the script */
    int          sending;    /* frames that are on their way to it */
};

/* Held while the camera is started and stopped, which may take its time; taken before lock. */
static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER;
static int             running; /* the camera */
static const rtmp_ctx_t *holder; /* the context of the C API that the camera runs for; compared, never followed */

/* Of the users; not held while anything of the host or of the library is called. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  sent = PTHREAD_COND_INITIALIZER;
static struct user    *users;
static int             last_number;

int luatos_camera_can_run(void)
{
    return luat_camera_capture != NULL && luat_camera_start != NULL && luat_camera_stop != NULL;
}

/* The timestamp of a frame that comes now, modulo 2^32. */
static uint32_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint32_t)((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

/* Whether the context gets the frames; lock is held. */
static int wants_frames(const struct user *user)
{
    return user->publishing && !user->paused;
}

/*
 * Whether a frame is H.264, which cameras do not always say: a start code, and the header of a NAL unit of a type that
 * begins an access unit. Parameter sets and key frames are always referred to, others of these never.
 */
static int is_h264(const luat_camera_frame_data_t *frame)
{
    const uint8_t *bytes = (const uint8_t *)frame->data;
    int            zeros = 0, type, is_reference;
    if (frame->data_type == LUAT_CAMERA_H264)
        return 1;
    while (zeros < frame->total_bytes && zeros < 3 && bytes[zeros] == 0)
        zeros++;
    if (zeros < 2 || zeros + 1 >= frame->total_bytes || bytes[zeros] != 1 || (bytes[zeros + 1] & 0x80) != 0)
        return 0;
    type = bytes[zeros + 1] & 0x1F;
    is_reference = (bytes[zeros + 1] & 0x60) != 0;
    switch (type) {
    case NALU_TYPE_NON_IDR:
        return 1;
    case NALU_TYPE_IDR:
    case NALU_TYPE_SPS:
    case NALU_TYPE_PPS:
        return is_reference;
    case NALU_TYPE_SEI:
    case NALU_TYPE_AUD:
        return !is_reference;
    }
    return 0;
}

/* Called by the host, from any thread. The library copies the frame before it returns. */
static void on_frame(luat_camera_frame_data_t *frame, void *camera)
{
    struct user *user;
    uint32_t     timestamp = now();
    (void)camera;
    if (frame == NULL || frame->data == NULL || frame->total_bytes <= 0 || !is_h264(frame))
        return;
    pthread_mutex_lock(&lock);
    for (user = users; user != NULL; user = user->next) {
        if (!wants_frames(user))
            continue;
        user->sending++; /* keeps it in the list */
        pthread_mutex_unlock(&lock);
        rtmp_send_nalu(user->ctx, (const uint8_t *)frame->data, (uint32_t)frame->total_bytes, timestamp);
        pthread_mutex_lock(&lock);
        if (--user->sending == 0)
            pthread_cond_broadcast(&sent);
    }
    pthread_mutex_unlock(&lock);
}

int luatos_camera_join(rtmp_ctx_t *ctx)
{
    struct user *user;
    int          number;
    if (forked() || !luatos_camera_can_run() || luat_camera_set_frame_data_callback == NULL || (user = calloc(1, sizeof *user)) == NULL)
        return 0;
    set_camera(ctx, CAMERA_EXPECTED);
    user->ctx = ctx;
    pthread_mutex_lock(&lock);
    number = user->number = ++last_number;
    user->next = users;
    users = user;
    pthread_mutex_unlock(&lock);
    luat_camera_set_frame_data_callback(CAMERA, on_frame, (void *)(intptr_t)CAMERA);
    return number;
}

/* The link to the user with a number, or to the NULL at the end; lock is held. */
static struct user **find(int number)
{
    struct user **link = &users;
    while (*link != NULL && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

/* Sets whether a user publishes. Returns it, which stays while control is held; NULL when it has left. */
static struct user *set_publishing(int number, int publishing)
{
    struct user *user;
    pthread_mutex_lock(&lock);
    user = *find(number);
    if (user != NULL)
        user->publishing = publishing;
    pthread_mutex_unlock(&lock);
    return user;
}

/* Stops the camera when nobody needs it any more; control is held. */
static void stop_unless_needed(void)
{
    struct user *user;
    pthread_mutex_lock(&lock);
    for (user = users; user != NULL && !wants_frames(user); user = user->next)
        ;
    pthread_mutex_unlock(&lock);
    if (running && user == NULL && holder == NULL) {
        running = 0;
        luat_camera_stop(CAMERA);
    }
}

/* Whether the camera runs; control is held. */
static int start(void)
{
    if (!running)
        running = luat_camera_capture(CAMERA, QUALITY, PATH) == 0 && luat_camera_start(CAMERA) == 0;
    return running;
}

/* Starts the camera for a user, which wants its frames already because they may come at once; control is held. */
static void start_for(struct user *user)
{
    if (start())
        return;
    pthread_mutex_lock(&lock);
    user->publishing = 0;
    pthread_mutex_unlock(&lock);
    set_camera(user->ctx, CAMERA_FAILED);
}

void luatos_camera_follow(int number, rtmp_state_t state)
{
    struct user *user;
    if (number == 0)
        return;
    pthread_mutex_lock(&control);
    user = set_publishing(number, state == RTMP_STATE_PUBLISHING);
    if (user == NULL) {
        /* it has left */
    } else if (state != RTMP_STATE_PUBLISHING) {
        stop_unless_needed();
        if (state == RTMP_STATE_CONNECTING)
            set_camera(user->ctx, CAMERA_EXPECTED); /* whatever the camera said last time */
    } else if (!user->paused) {
        start_for(user);
    }
    pthread_mutex_unlock(&control);
}

void luatos_camera_pause(int number, int paused)
{
    struct user *user;
    int          resumes = 0;
    if (number == 0 || forked())
        return;
    pthread_mutex_lock(&control);
    pthread_mutex_lock(&lock);
    user = *find(number);
    if (user != NULL) {
        resumes = user->publishing && user->paused && !paused;
        user->paused = paused;
    }
    while (user != NULL && paused && user->sending > 0) /* it stays while control is held */
        pthread_cond_wait(&sent, &lock);
    pthread_mutex_unlock(&lock);
    if (resumes)
        start_for(user);
    else
        stop_unless_needed();
    pthread_mutex_unlock(&control);
}

int luatos_camera_leave(int number)
{
    struct user **link, *user;
    if (number == 0 || forked()) /* there the locks may be held by a thread that is gone */
        return 0;
    pthread_mutex_lock(&control);
    pthread_mutex_lock(&lock);
    user = *find(number);
    if (user != NULL) {
        user->publishing = 0;
        while (user->sending > 0)
            pthread_cond_wait(&sent, &lock);
        link = find(number); /* the list may have changed meanwhile */
        *link = user->next;
    }
    pthread_mutex_unlock(&lock);
    if (user != NULL)
        stop_unless_needed();
    pthread_mutex_unlock(&control);
    free(user);
    return user != NULL;
}

void luatos_camera_hold(const rtmp_ctx_t *ctx)
{
    pthread_mutex_lock(&control);
    holder = ctx;
    start();
    pthread_mutex_unlock(&control);
}

void luatos_camera_release(const rtmp_ctx_t *ctx)
{
    pthread_mutex_lock(&control);
    if (holder == ctx) {
        holder = NULL;
        stop_unless_needed();
    }
    pthread_mutex_unlock(&control);
}

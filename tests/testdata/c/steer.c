/*
 * The target for the encoder: steer URL, where the server reads slowly. It falls to the floor that is set, while media waits.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "check.h"

#define FLOOR_KBPS 321
#define PICTURE    200000
#define FRAME_MS   40

static const uint8_t head[] = { /* SPS and PPS of x264, and a slice */
    0,    0,    0,    1,    0x67, 0x4d, 0x40, 0x1f, 0xa6, 0x11, 0x02, 0x80, 0xbf, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00,
    0x03, 0x00, 0xc8, 0x3c, 0x60, 0xc8, 0x46, 0,    0,    0,    1,    0x68, 0xe8, 0x43, 0x32, 0xc8, 0,    0,    0,    1,    0x65, 0x88, 0x82,
};
static uint8_t frame[sizeof head + PICTURE];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t        calls, least_kbps = UINT32_MAX, first_waiting;

static void on_bitrate(rtmp_ctx_t *ctx, uint32_t kbps, uint32_t queue_ms)
{
    CHECK(rtmp_get_state(ctx) == RTMP_STATE_PUBLISHING);
    pthread_mutex_lock(&lock);
    if (calls++ == 0)
        first_waiting = queue_ms;
    if (kbps < least_kbps)
        least_kbps = kbps;
    pthread_mutex_unlock(&lock);
}

static int at_floor(void)
{
    int is;
    pthread_mutex_lock(&lock);
    is = least_kbps <= FLOOR_KBPS;
    pthread_mutex_unlock(&lock);
    return is;
}

int main(int argc, char **argv)
{
    rtmp_ctx_t ctx;
    uint32_t   timestamp = 0, before;

    CHECK(argc == 2);
    memcpy(frame, head, sizeof head);
    memset(frame + sizeof head, 0x55, PICTURE);

    CHECK(rtmp_init(&ctx) == RTMP_OK && rtmp_set_url(&ctx, argv[1]) == RTMP_OK && rtmp_set_source(&ctx, "none") == RTMP_OK);
    CHECK(rtmp_set_option(&ctx, "bitrate_floor", "-1") == RTMP_ERR_INVALID_PARAM);
    CHECK(rtmp_set_option(&ctx, "bitrate_floor", "321") == RTMP_OK);
    CHECK(rtmp_set_bitrate_callback(&ctx, on_bitrate) == RTMP_OK);
    CHECK(rtmp_connect(&ctx) == RTMP_OK);
    AWAIT(rtmp_get_state(&ctx) == RTMP_STATE_PUBLISHING);
    while (!at_floor()) {
        CHECK(timestamp < 4 * PATIENCE_MS);
        CHECK(rtmp_send_nalu(&ctx, frame, sizeof frame, timestamp) == RTMP_OK);
        timestamp += FRAME_MS;
        pause_ms(FRAME_MS);
    }
    CHECK(least_kbps == FLOOR_KBPS && first_waiting > 200);

    CHECK(rtmp_set_bitrate_callback(&ctx, NULL) == RTMP_OK);
    pause_ms(100); /* one that is running */
    before = calls;
    for (int i = 0; i < 50; i++) {
        CHECK(rtmp_send_nalu(&ctx, frame, sizeof frame, timestamp += FRAME_MS) == RTMP_OK);
        pause_ms(FRAME_MS);
    }
    CHECK(calls == before);
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
    return 0;
}

/*
 * Frames of several codecs and tracks: frames URL. First to a server that has to take what it did not declare, then to the
 * same without, where the first such frame ends the connection.
 */
#define _POSIX_C_SOURCE 200809L

#include <string.h>

#include "check.h"

static const uint8_t hvcc[] = { /* 320x180, by x265 and ffmpeg */
    0x01, 0x01, 0x60, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3c, 0xf0, 0x00, 0xfc, 0xfd, 0xf8, 0xf8, 0x00, 0x00, 0x0f, 0x03,
    0xa0, 0x00, 0x01, 0x00, 0x18, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00,
    0x03, 0x00, 0x3c, 0x95, 0x94, 0x09, 0xa1, 0x00, 0x01, 0x00, 0x2b, 0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00,
    0x03, 0x00, 0x00, 0x03, 0x00, 0x3c, 0xa0, 0x0a, 0x08, 0x0c, 0x1f, 0x3e, 0x59, 0x59, 0x52, 0x93, 0x0b, 0xc0, 0x5a, 0x02, 0x00, 0x00, 0x03,
    0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x32, 0x10, 0xa2, 0x00, 0x01, 0x00, 0x06, 0x44, 0x01, 0xc0, 0x73, 0xc1, 0x89,
};
static const uint8_t idr[] = {0, 0, 0, 1, 0x28, 0x01, 0xac, 0x74, 0xc2, 0xea, 0x8b, 0xd2, 0x60, 0x89, 0xa5, 0x27, 0x40, 0xa0};
static const uint8_t trail[] = {0, 0, 0, 1, 0x02, 0x01, 0xd0, 0x21, 0x49, 0x88, 0x3a, 0x61, 0x50, 0x1b, 0x5e, 0x42, 0x28, 0xcb};
static const uint8_t av1[] = {0x12, 0x00, 0x0a, 0x0a, 0x00, 0x00, 0x00, 0x02, 0xaf, 0xff, 0x9b, 0x5f, 0x20, 0x08,
                              0x32, 0x0c, 0x10, 0x00, 0x96, 0x80, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0xec, 0x84};
static const uint8_t opus[] = {0xfc, 0xff, 0xfe}, asc[] = {0x12, 0x10}, raw[] = {0x21, 0x00};
static const uint8_t alaw[] = {0x72, 0xd5, 0xd5, 0xd5};

static rtmp_ctx_t ctx;

static uint32_t sent(void)
{
    rtmp_stats_t stats;
    CHECK(rtmp_get_stats(&ctx, &stats) == RTMP_OK);
    return stats.video_frames_sent + stats.audio_frames_sent;
}

static void begin(const char *url)
{
    CHECK(rtmp_init(&ctx) == RTMP_OK && rtmp_set_url(&ctx, url) == RTMP_OK && rtmp_set_source(&ctx, "none") == RTMP_OK);
    CHECK(rtmp_set_option(&ctx, "enhanced", "v1") == RTMP_ERR_INVALID_PARAM);
    CHECK(rtmp_set_option(&ctx, "silent_audio", "yes") == RTMP_ERR_INVALID_PARAM);
    CHECK(rtmp_set_option(&ctx, "hevc", "hvc1") == RTMP_ERR_INVALID_PARAM);
    CHECK(rtmp_set_option(&ctx, "hevc", "enhanced") == RTMP_OK);
}

static void publish(void)
{
    CHECK(rtmp_connect(&ctx) == RTMP_OK);
    AWAIT(rtmp_get_state(&ctx) == RTMP_STATE_PUBLISHING);
}

static void all_taken(const char *url)
{
    const rtmp_frame_t fresh = RTMP_FRAME_INIT;
    rtmp_frame_t       f = fresh;
    rtmp_info_t        info;

    begin(url);
    CHECK(rtmp_set_option(&ctx, "enhanced", "v2") == RTMP_OK);
    publish();
    f.codec = "hevc";
    f.config = hvcc;
    f.config_len = sizeof hvcc;
    f.composition_time = 80;
    CHECK(rtmp_send_video_frame(&ctx, idr, sizeof idr, &f) == RTMP_OK);
    CHECK(rtmp_send_nalu(&ctx, trail, sizeof trail, 40) == RTMP_OK); /* what the track is, is known by now */
    CHECK(rtmp_send_video(&ctx, trail, sizeof trail, 80, -40, "hevc") == RTMP_OK);
    f = fresh;
    f.track = 1;
    CHECK(rtmp_send_video_frame(&ctx, av1, sizeof av1, &f) == RTMP_OK); /* recognised */
    f = fresh;
    f.codec = "opus";
    CHECK(rtmp_send_audio_frame(&ctx, opus, sizeof opus, &f) == RTMP_OK);
    f = fresh;
    f.timestamp = 20;
    CHECK(rtmp_send_audio_frame(&ctx, opus, sizeof opus, &f) == RTMP_OK);
    f.track = 255;
    f.config = asc;
    f.config_len = sizeof asc;
    CHECK(rtmp_send_audio_frame(&ctx, raw, sizeof raw, &f) == RTMP_OK);
    CHECK(rtmp_send_audio(&ctx, alaw, sizeof alaw, 40) == RTMP_OK); /* another codec on track 0 */
    CHECK(rtmp_get_info(&ctx, &info) == RTMP_OK && info.width == 320 && info.height == 180);
    CHECK(strcmp(info.video_codec, "hevc") == 0 && strcmp(info.audio_codec, "pcma") == 0);
    AWAIT(sent() == 8);
    CHECK(rtmp_get_state(&ctx) == RTMP_STATE_PUBLISHING);
    CHECK(rtmp_disconnect(&ctx) == RTMP_OK && rtmp_deinit(&ctx) == RTMP_OK);
}

static void not_taken(const char *url)
{
    rtmp_frame_t f = RTMP_FRAME_INIT;
    char         text[400], why[400];
    int          code;

    begin(url);
    publish();
    CHECK(rtmp_send_video(&ctx, av1, sizeof av1, 0, 0, "av1") == RTMP_OK);
    f.codec = "opus";
    CHECK(rtmp_send_audio_frame(&ctx, opus, sizeof opus, &f) == RTMP_ERR_FAILED);
    CHECK(rtmp_get_call_error(&ctx, &code, text, sizeof text) < sizeof text && code == RTMP_ERR_FAILED);
    CHECK(strstr(text, "opus") != NULL && strstr(text, "send AAC") != NULL);
    AWAIT(rtmp_get_state(&ctx) == RTMP_STATE_ERROR);
    CHECK(rtmp_get_error(&ctx, &code, why, sizeof why) < sizeof why && code == RTMP_ERR_FAILED && strcmp(text, why) == 0);
    CHECK(rtmp_send_video(&ctx, av1, sizeof av1, 0, 0, NULL) == RTMP_ERR_FAILED);
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    all_taken(argv[1]);
    not_taken(argv[1]);
    return 0;
}

/*
 * Publishes H.264 and AAC from files: access_units URL FILE.h264 FILE.aac FORM. FORM says how an access unit is passed:
 * "whole", "units" (each NAL unit in a buffer of its own, without a start code), or "mixed" (the first in Annex B form).
 * The pictures begin with access unit delimiters, 25 a second; the audio, ADTS, goes as FLV tag bodies: AF 00, AF 01.
 */
#define _POSIX_C_SOURCE 200809L

#include <string.h>

#include "check.h"

#define MAX_UNITS 64 /* NAL units of a picture */

struct bytes {
    uint8_t *data;
    uint32_t size;
};

static struct bytes read_file(const char *name)
{
    struct bytes b;
    long         size;
    FILE        *f = fopen(name, "rb");
    CHECK(f != NULL && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0);
    rewind(f);
    b.size = (uint32_t)size;
    b.data = (uint8_t *)malloc(b.size);
    CHECK(b.data != NULL && fread(b.data, 1, b.size, f) == b.size);
    fclose(f);
    return b;
}

/* The position after the next start code at or after `from`; the size where there is none. */
static uint32_t after_start_code(struct bytes b, uint32_t from)
{
    uint32_t i;
    for (i = from; i + 3 < b.size; i++)
        if (b.data[i] == 0 && b.data[i + 1] == 0 && b.data[i + 2] == 1)
            return i + 3;
    return b.size;
}

/* Sends the NAL units, whose positions are those after their start codes; `end` is where the last one ends. */
static void send_picture(rtmp_ctx_t *ctx, struct bytes file, const uint32_t *units, uint32_t count, uint32_t end,
                         uint32_t timestamp, const char *form)
{
    const uint8_t *buffers[MAX_UNITS];
    uint32_t       lengths[MAX_UNITS], i;

    if (strcmp(form, "whole") == 0) {
        CHECK(rtmp_send_nalu(ctx, file.data + units[0] - 3, end - units[0] + 3, timestamp) == RTMP_OK);
        return;
    }
    for (i = 0; i < count; i++) {
        uint32_t stop = i + 1 < count ? units[i + 1] - 3 : end;
        while (stop > units[i] && file.data[stop - 1] == 0)
            stop--;
        buffers[i] = file.data + units[i];
        lengths[i] = stop - units[i];
    }
    if (strcmp(form, "mixed") == 0) {
        buffers[0] -= 3;
        lengths[0] += 3;
    }
    CHECK(rtmp_send_nalu_multi(ctx, buffers, lengths, count, timestamp) == RTMP_OK);
}

struct audio {
    struct bytes file;
    uint32_t     at, frames, rate;
};

/* Sends the ADTS frames that begin before a time, each without its header. */
static void send_audio(rtmp_ctx_t *ctx, struct audio *a, uint32_t until)
{
    static const uint32_t rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000};
    uint8_t               body[8192];

    while (a->at + 7 <= a->file.size) {
        const uint8_t *h = a->file.data + a->at;
        uint32_t       size = (uint32_t)(h[3] & 3) << 11 | (uint32_t)h[4] << 3 | h[5] >> 5;
        uint32_t       timestamp = a->rate == 0 ? 0 : (uint32_t)((uint64_t)a->frames * 1024 * 1000 / a->rate);

        CHECK(h[0] == 0xFF && size > 7 && size < sizeof body && a->at + size <= a->file.size);
        if (timestamp >= until)
            return;
        if (a->rate == 0) {
            int index = h[2] >> 2 & 15, channels = (h[2] & 1) << 2 | h[3] >> 6;
            a->rate = rates[index];
            body[0] = 0xAF;
            body[1] = 0;
            body[2] = (uint8_t)(2 << 3 | index >> 1);
            body[3] = (uint8_t)((index & 1) << 7 | channels << 3);
            CHECK(rtmp_send_audio(ctx, body, 4, 0) == RTMP_OK);
        }
        body[0] = 0xAF;
        body[1] = 1;
        memcpy(body + 2, h + 7, size - 7);
        CHECK(rtmp_send_audio(ctx, body, size - 7 + 2, timestamp) == RTMP_OK);
        memset(body, 0x55, sizeof body); /* nothing of it is kept */
        a->at += size;
        a->frames++;
    }
}

int main(int argc, char **argv)
{
    rtmp_ctx_t   ctx;
    rtmp_stats_t stats;
    rtmp_info_t  info;
    struct bytes video;
    struct audio audio;
    uint32_t     units[MAX_UNITS], count = 0, pictures = 0, at;

    CHECK(argc == 5);
    memset(&ctx, 0xA5, sizeof ctx);
    video = read_file(argv[2]);
    memset(&audio, 0, sizeof audio);
    audio.file = read_file(argv[3]);

    CHECK(rtmp_init(&ctx) == RTMP_OK && rtmp_set_url(&ctx, argv[1]) == RTMP_OK);
    CHECK(rtmp_set_option(&ctx, "queue_ms", "600000") == RTMP_OK); /* it is sent as fast as it can be */
    CHECK(rtmp_connect(&ctx) == RTMP_OK);
    AWAIT(rtmp_get_state(&ctx) == RTMP_STATE_PUBLISHING);
    for (at = after_start_code(video, 0);; at = after_start_code(video, at)) {
        int over = at >= video.size;
        if (count > 0 && (over || (video.data[at] & 31) == 9)) {
            send_picture(&ctx, video, units, count, over ? at : at - 3, pictures * 40, argv[4]);
            pictures++;
            send_audio(&ctx, &audio, pictures * 40);
            count = 0;
        }
        if (over)
            break;
        CHECK(count < MAX_UNITS);
        units[count++] = at;
    }
    send_audio(&ctx, &audio, UINT32_MAX);
    free(video.data);
    free(audio.file.data);

    AWAIT(rtmp_get_info(&ctx, &info) == RTMP_OK && info.queue_bytes == 0);
    CHECK(rtmp_disconnect(&ctx) == RTMP_OK && rtmp_get_state(&ctx) == RTMP_STATE_DISCONNECTED);
    CHECK(rtmp_get_stats(&ctx, &stats) == RTMP_OK && stats.video_frames_sent == pictures && stats.dropped_frames == 0);
    CHECK(stats.audio_frames_sent == audio.frames && stats.i_frames + stats.p_frames == pictures);
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
    return 0;
}

/*
 * librtmp, in the quickest way that it has: RTMP_SendPacket on a body that is there already. Further arguments: the chunk size, and
 * "scan" if the media is in Annex B form, from which the body is then made by a scan for start codes as fast as the processor has it.
 */
#include "librtmp.h"
#include "scan.h"

/* Returns the body of a picture in dst: FLV's five bytes, then NAL units with their lengths, parameter sets left out. */
static uint32_t from_annexb(uint8_t *dst, const uint8_t *unit, uint32_t size)
{
    const uint8_t *end = unit + size, *next;
    uint32_t       n = 5;

    memcpy(dst, "\x27\x01\0\0\0", 5);
    unit = start_code(unit, unit + size);
    for (; unit != NULL; unit = next) {
        const uint8_t *nalu = unit + 3, *stop;
        next = start_code(nalu, end);
        for (stop = next == NULL ? end : next; stop > nalu && stop[-1] == 0; stop--)
            ;
        switch (nalu[0] & 31) {
        case 7: case 8: case 9:
            continue;
        case 5:
            dst[0] = 0x17;
        }
        const uint32_t length = (uint32_t)(stop - nalu);
        dst[n] = (uint8_t)(length >> 24);
        dst[n + 1] = (uint8_t)(length >> 16);
        dst[n + 2] = (uint8_t)(length >> 8);
        dst[n + 3] = (uint8_t)length;
        memcpy(dst + n + 4, nalu, length);
        n += 4 + length;
    }
    return n;
}

/* Returns the body of an audio record in dst: FLV's two bytes, then the frame or the configuration. */
static uint32_t from_aac(uint8_t *dst, const struct record *c)
{
    dst[0] = 0xAF;
    dst[1] = c->kind == AUDIO;
    memcpy(dst + 2, c->data, c->size);
    return 2 + c->size;
}

/*
 * Sends a body that is needed again: RTMP_SendPacket puts the headers of all chunks but the first over the last byte of the chunk
 * before.
 */
static void send_ready(RTMP *r, const struct record *c, uint32_t timestamp)
{
    static char    saved[1 << 17];
    const uint32_t chunk = (uint32_t)r->m_outChunkSize;
    char          *body = (char *)c->data;
    uint32_t       at, i = 0;

    for (at = chunk; at < c->size; at += chunk)
        saved[i++] = body[at - 1];
    send_body(r, c->kind, timestamp, body, c->size);
    for (at = chunk, i = 0; at < c->size; at += chunk)
        body[at - 1] = saved[i++];
}

int main(int argc, char **argv)
{
    static uint8_t       space[16 << 20], *const made = space + RTMP_MAX_HEADER_SIZE;
    const struct record *c;
    struct run           run;
    uint32_t             timestamp;
    RTMP                *r;
    int                  scan;

    if (argc < 6)
        die("usage: librtmp URL MEDIA PICTURES FPS CHUNK [scan]");
    run = begin_run(argv);
    scan = argc > 6;
    r = connect_librtmp(argv[1], atoi(argv[5]));
    while (run.media.records[run.at].kind >= ONCE) {
        c = next_record(&run, &timestamp);
        if (scan)
            send_body(r, AUDIO, 0, (char *)made, from_aac(made, c));
        else
            send_body(r, c->kind & 15, 0, (char *)c->data, c->size);
    }
    start_clock(&run);
    while ((c = next_record(&run, &timestamp)) != NULL) {
        if (run.dry)
            continue;
        if (scan)
            send_body(r, c->kind, timestamp, (char *)made, c->kind == VIDEO ? from_annexb(made, c->data, c->size) : from_aac(made, c));
        else
            send_ready(r, c, timestamp);
    }
    print_usage(run.before, run.pictures);
    RTMP_Close(r);
    RTMP_Free(r);
    return 0;
}

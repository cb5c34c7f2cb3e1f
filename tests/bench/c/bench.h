/*
 * What the publishers of the bench that are written in C share: the prepared media, the pace, what a run has cost.
 *
 * A program is called as PROGRAM URL MEDIA PICTURES FPS [MORE...]. FPS 0: as fast as it goes. PICTURES below 0: that many, but
 * nothing is sent, which shows what the loop itself costs. It prints one JSON line.
 */
#ifndef BENCH_H
#define BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define SECOND 1000000000LL

/* Kinds of records; tests/bench/harness has the same. */
enum { AUDIO = 8, VIDEO = 9, ONCE = 0x10, AUDIO_HEADER = 0x18, VIDEO_HEADER = 0x19 };

struct record {
    uint32_t       kind, timestamp, size;
    const uint8_t *data;
};

struct media {
    struct record *records;
    uint32_t       count, duration; /* ms, of all records: what is added each time round */
};

static inline void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static inline void sleep_until(int64_t at)
{
    const struct timespec t = {at / SECOND, at % SECOND};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static inline void sleep_for(int64_t ns)
{
    const struct timespec t = {ns / SECOND, ns % SECOND};
    nanosleep(&t, NULL);
}

/* Reads a file of records: count, duration, and of each kind, timestamp, size and bytes; numbers have 32 bits, little-endian. */
static inline struct media read_media(const char *path)
{
    struct media m;
    FILE        *f = fopen(path, "rb");
    uint32_t     i, head[3];
    uint8_t     *data;

    if (f == NULL || fread(head, 4, 2, f) != 2)
        die("cannot read the media");
    m.count = head[0];
    m.duration = head[1];
    m.records = calloc(m.count, sizeof *m.records);
    for (i = 0; i < m.count; i++) {
        if (m.records == NULL || fread(head, 4, 3, f) != 3 || (data = malloc(head[2] + 64)) == NULL)
            die("the media is cut");
        data += 32; /* room in front, for libraries that write headers there */
        if (fread(data, 1, head[2], f) != head[2])
            die("the media is cut");
        m.records[i] = (struct record){head[0], head[1], head[2], data};
    }
    fclose(f);
    return m;
}

struct usage {
    int64_t wall, cpu, switches;
};

static inline struct usage usage_now(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (struct usage){now(), (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * SECOND + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1000LL,
                          r.ru_nvcsw};
}

static inline void print_usage(struct usage before, int64_t pictures)
{
    const struct usage after = usage_now();
    printf("{\"frames\":%lld,\"wall_ns\":%lld,\"cpu_ns\":%lld,\"switches\":%lld}\n", (long long)pictures,
           (long long)(after.wall - before.wall), (long long)(after.cpu - before.cpu), (long long)(after.switches - before.switches));
}

/* The order, the times and the pace of a run. */
struct run {
    struct media media;
    int64_t      pictures, done, next, interval;
    uint32_t     at, round;
    int          dry; /* nothing is to be sent */
    struct usage before;
};

static inline struct run begin_run(char **argv)
{
    struct run r = {.media = read_media(argv[2]), .pictures = atoll(argv[3])};
    const int  fps = atoi(argv[4]);

    r.dry = r.pictures < 0;
    r.pictures = r.dry ? -r.pictures : r.pictures;
    r.interval = fps > 0 ? SECOND / fps : 0;
    return r;
}

/* To be called when all is connected: what follows counts. */
static inline void start_clock(struct run *r)
{
    r->before = usage_now();
    r->next = r->before.wall;
}

/* The next record, with its time; NULL at the end. Waits for a picture's turn. */
static inline const struct record *next_record(struct run *r, uint32_t *timestamp)
{
    const struct record *c;

    for (;;) {
        if (r->at == r->media.count) {
            r->at = 0;
            r->round++;
        }
        c = &r->media.records[r->at];
        if (c->kind == VIDEO && r->done == r->pictures)
            return NULL;
        r->at++;
        if (c->kind < ONCE || r->round == 0)
            break;
    }
    if (c->kind == VIDEO) {
        if (r->interval != 0) {
            r->next += r->interval;
            sleep_until(r->next);
        }
        r->done++;
    }
    *timestamp = c->timestamp + r->round * r->media.duration;
    return c;
}

#endif

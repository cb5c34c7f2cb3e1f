/* What a process occupies. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include "bench.h"

#include <unistd.h>

/* Bytes in memory, shared ones included. */
static inline int64_t resident(void)
{
    long  all = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f == NULL || fscanf(f, "%ld %ld", &all, &pages) != 2)
        die("/proc/self/statm");
    fclose(f);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static inline void raise_file_limit(void)
{
    struct rlimit l;
    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
}

#endif

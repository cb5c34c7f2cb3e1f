/* The quickest way to the next start code of Annex B: 00 00 01. */
#ifndef BENCH_SCAN_H
#define BENCH_SCAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

/* The first 00 00 01 in [at, end), or NULL. */
static inline const uint8_t *start_code(const uint8_t *at, const uint8_t *end)
{
#ifdef __AVX2__
    const __m256i none = _mm256_setzero_si256(), one = _mm256_set1_epi8(1);

    for (; end - at >= 34; at += 32) {
        const __m256i  a = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)at), none);
        const __m256i  b = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(at + 1)), none);
        const __m256i  c = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(at + 2)), one);
        const uint32_t all = (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(_mm256_and_si256(a, b), c));
        if (all != 0)
            return at + __builtin_ctz(all);
    }
#endif
    for (; end - at >= 3; at++)
        if (at[0] == 0 && at[1] == 0 && at[2] == 1)
            return at;
    return NULL;
}

#endif

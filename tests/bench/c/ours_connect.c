/* How long this library takes from the first call to the callback that says PUBLISHING, so many times. */
#include <semaphore.h>

#include "ours.h"

static sem_t   told;
static int64_t told_at;

static void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int error_code)
{
    (void)ctx, (void)old_state, (void)error_code;
    if (new_state == RTMP_STATE_PUBLISHING || new_state == RTMP_STATE_ERROR) {
        told_at = now();
        sem_post(&told);
    }
}

int main(int argc, char **argv)
{
    int i;

    if (argc < 3)
        die("usage: ours_connect URL COUNT");
    sem_init(&told, 0, 0);
    printf("{\"connect_ns\":[");
    for (i = 0; i < atoi(argv[2]); i++) {
        rtmp_ctx_t    ctx = {0};
        const int64_t begin = now();
        init_ours(&ctx, argv[1]);
        rtmp_set_state_callback(&ctx, on_state);
        must(&ctx, rtmp_connect(&ctx));
        sem_wait(&told);
        if (rtmp_get_state(&ctx) == RTMP_STATE_ERROR)
            fail_ours(&ctx, rtmp_get_error);
        printf("%s%lld", i == 0 ? "" : ",", (long long)(told_at - begin));
        rtmp_deinit(&ctx);
    }
    printf("]}\n");
    return 0;
}

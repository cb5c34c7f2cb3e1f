/* How long this library takes from the first call until the program knows that it is PUBLISHING, so many times. */
#include "ours.h"

int main(int argc, char **argv)
{
    int i;

    if (argc < 3)
        die("usage: ours_connect URL COUNT");
    printf("{\"connect_ns\":[");
    for (i = 0; i < atoi(argv[2]); i++) {
        rtmp_ctx_t    ctx = {0};
        const int64_t begin = now();
        init_ours(&ctx, argv[1]);
        must(&ctx, rtmp_connect(&ctx));
        await_publishing(&ctx);
        printf("%s%lld", i == 0 ? "" : ",", (long long)(now() - begin));
        rtmp_deinit(&ctx);
    }
    printf("]}\n");
    return 0;
}

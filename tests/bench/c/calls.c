/* What one call from C costs, in ns: of the cheapest function that enters the library. */
#include "ours.h"

int main(int argc, char **argv)
{
    rtmp_ctx_t ctx = {0};
    int64_t    begin, i, count;

    if (argc < 2)
        die("usage: calls COUNT");
    count = atoll(argv[1]);
    must(&ctx, rtmp_init(&ctx));
    begin = now();
    for (i = 0; i < count; i++)
        rtmp_get_state(&ctx);
    printf("{\"ns\":%.1f}\n", (double)(now() - begin) / (double)count);
    rtmp_deinit(&ctx);
    return 0;
}

/* How long librtmp takes until its stream is accepted, so many times; or, with "hold", what so many of its connections need. */
#include "librtmp.h"
#include "memory.h"

int main(int argc, char **argv)
{
    int     i, count;
    int64_t before;

    if (argc < 3)
        die("usage: librtmp_connect URL COUNT [hold]");
    count = atoi(argv[2]);
    if (argc > 3) {
        raise_file_limit();
        connect_librtmp(strdup(argv[1]), 128);
        before = resident();
        for (i = 0; i < count; i++)
            connect_librtmp(strdup(argv[1]), 128);
        printf("{\"bytes\":%lld}\n", (long long)(resident() - before));
        return 0;
    }
    printf("{\"connect_ns\":[");
    for (i = 0; i < count; i++) {
        const int64_t begin = now();
        RTMP         *r = connect_librtmp(strdup(argv[1]), 128);
        printf("%s%lld", i == 0 ? "" : ",", (long long)(now() - begin));
        RTMP_Close(r);
        RTMP_Free(r);
    }
    printf("]}\n");
    return 0;
}

/*
 * What contexts of this library occupy: "created", "publishing" without media, or "sent", publishing with some pictures sent. The
 * first context, with which the library comes to life, is not counted. Prints the growth of the resident memory in bytes.
 */
#include "memory.h"
#include "ours.h"

enum { AT_ONCE = 100, PICTURES = 30 };

static void bring_up(rtmp_ctx_t *all, int count, const char *url, int publishing)
{
    int i, k;
    for (i = 0; i < count; i++) {
        must(&all[i], rtmp_init(&all[i]));
        must(&all[i], rtmp_set_url(&all[i], url));
        if (!publishing)
            continue;
        must(&all[i], rtmp_set_state_callback(&all[i], on_state));
        must(&all[i], rtmp_connect(&all[i]));
        if (i % AT_ONCE == AT_ONCE - 1 || i == count - 1)
            for (k = i - i % AT_ONCE; k <= i; k++)
                await_publishing(&all[k]);
    }
}

int main(int argc, char **argv)
{
    rtmp_ctx_t  *all;
    struct media m;
    uint32_t     k;
    int64_t      before;
    int          i, count, publishing, sent;

    if (argc < 5)
        die("usage: memory URL MEDIA COUNT created|publishing|sent");
    raise_file_limit();
    m = read_media(argv[2]);
    count = atoi(argv[3]);
    sent = strcmp(argv[4], "sent") == 0;
    publishing = sent || strcmp(argv[4], "publishing") == 0;
    all = calloc((size_t)count + 1, sizeof *all);
    memset(all, 1, ((size_t)count + 1) * sizeof *all);
    memset(all, 0, ((size_t)count + 1) * sizeof *all); /* the array itself is there before it is counted */
    bring_up(all, 1, argv[1], publishing);
    before = resident();
    bring_up(all + 1, count, argv[1], publishing);
    for (k = 0; sent && k < m.count && k < PICTURES; k++)
        for (i = 1; i <= count; i++)
            must(&all[i], rtmp_send_video(&all[i], m.records[k].data, m.records[k].size, m.records[k].timestamp, 0, NULL));
    for (i = 1; sent && i <= count; i++)
        drain(&all[i], k, 0);
    printf("{\"bytes\":%lld}\n", (long long)(resident() - before));
    return 0;
}

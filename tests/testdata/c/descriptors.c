/* Connects when the process has no file descriptor left, and again when it has: descriptors URL, where nobody listens. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"

static void fail(rtmp_ctx_t *ctx, const char *why)
{
    char text[500];
    int  code = 0;
    CHECK(rtmp_connect(ctx) == RTMP_OK);
    AWAIT(rtmp_get_state(ctx) == RTMP_STATE_ERROR);
    CHECK(rtmp_get_error(ctx, &code, text, sizeof text) > 0 && code == RTMP_ERR_CONNECT_FAILED);
    if (strstr(text, why) == NULL)
        fprintf(stderr, "%s: %s\n", why, text);
}

int main(int argc, char **argv)
{
    struct rlimit few;
    rtmp_ctx_t    ctx;
    int           fds[64], count = 0;

    CHECK(argc == 2);
    few.rlim_cur = few.rlim_max = 64;
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    while ((fds[count] = open("/dev/null", O_RDONLY)) >= 0)
        count++;
    CHECK(rtmp_init(&ctx) == RTMP_OK && rtmp_set_url(&ctx, argv[1]) == RTMP_OK);
    fail(&ctx, "too many open files");
    CHECK(rtmp_set_source(&ctx, argv[0]) == RTMP_ERR_INVALID_PARAM); /* a file that cannot be opened */
    while (count > 0)
        close(fds[--count]);
    fail(&ctx, "refused");
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
    return 0;
}

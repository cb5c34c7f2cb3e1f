/*
 * The log and its host: log MODE URL. At URL is a server of which the library has something to say.
 *
 *     plain     publishes, with the standard error as it is; prints how many ms it took to end that
 *     ignore    the same, while SIGPIPE is ignored; handler: while it has a handler; default: while it has none
 *     socket    the standard error is closed and the next socket has its number: nothing is written to it
 *     attempts  tries 60 times to publish
 *     callback  a function takes the log's place
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

static const char  *url;
static volatile int signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void begin(rtmp_ctx_t *ctx)
{
    CHECK(rtmp_init(ctx) == RTMP_OK && rtmp_set_url(ctx, url) == RTMP_OK);
    CHECK(rtmp_connect(ctx) == RTMP_OK && rtmp_start(ctx) == RTMP_OK);
    AWAIT(rtmp_get_state(ctx) == RTMP_STATE_PUBLISHING);
}

/* Publishes for a second, and prints how long it took to end that. */
static void publish(void)
{
    rtmp_ctx_t   ctx;
    rtmp_stats_t stats;
    long         ended;
    begin(&ctx);
    pause_ms(1000);
    CHECK(rtmp_get_state(&ctx) == RTMP_STATE_PUBLISHING);
    CHECK(rtmp_get_stats(&ctx, &stats) == RTMP_OK && stats.video_frames_sent > 10);
    ended = now();
    CHECK(rtmp_disconnect(&ctx) == RTMP_OK && rtmp_deinit(&ctx) == RTMP_OK);
    printf("%ld %d\n", now() - ended, signals);
}

static volatile int tried; /* by the thread of the callback only */

static void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int code)
{
    (void)ctx;
    (void)old_state;
    (void)code;
    if (new_state == RTMP_STATE_CONNECTING)
        tried++;
}

/* Tries 60 times to publish where that fails at once. */
static void attempts(void)
{
    rtmp_ctx_t ctx;
    CHECK(rtmp_init(&ctx) == RTMP_OK && rtmp_set_url(&ctx, url) == RTMP_OK);
    CHECK(rtmp_set_option(&ctx, "reconnect", "true") == RTMP_OK);
    CHECK(rtmp_set_option(&ctx, "reconnect_min_ms", "10") == RTMP_OK && rtmp_set_option(&ctx, "reconnect_max_ms", "10") == RTMP_OK);
    CHECK(rtmp_set_state_callback(&ctx, on_state) == RTMP_OK && rtmp_connect(&ctx) == RTMP_OK);
    AWAIT(tried >= 60);
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
}

/* ---- callback ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int             lines, running, leave_inside, sleep_inside;
static char            last[5000];
static pthread_t       caller;

static void on_log(rtmp_log_level_t level, const char *text, void *user_data)
{
    CHECK(level == RTMP_LOG_WARN);
    CHECK(user_data == &lines);
    CHECK(strlen(text) <= 4096 && strchr(text, '\n') == NULL);
    CHECK(!pthread_equal(pthread_self(), caller));
    pthread_mutex_lock(&lock);
    CHECK(!running); /* one at a time */
    running = 1;
    lines++;
    strcpy(last, text);
    pthread_mutex_unlock(&lock);
    if (sleep_inside)
        pause_ms(300);
    pthread_mutex_lock(&lock);
    running = 0;
    pthread_mutex_unlock(&lock);
    if (leave_inside)
        CHECK(rtmp_set_log_callback(NULL, NULL) == RTMP_OK);
}

static int count(void)
{
    int n;
    pthread_mutex_lock(&lock);
    n = lines;
    pthread_mutex_unlock(&lock);
    return n;
}

static int is_running(void)
{
    int r;
    pthread_mutex_lock(&lock);
    r = running;
    pthread_mutex_unlock(&lock);
    return r;
}

static void callback(void)
{
    rtmp_ctx_t ctx;
    int        before, fd;
    caller = pthread_self();
    CHECK(rtmp_set_log_callback(NULL, NULL) == RTMP_OK);
    CHECK(rtmp_set_log_callback(on_log, &lines) == RTMP_OK);
    CHECK(rtmp_init(&ctx) == RTMP_OK && rtmp_set_option(&ctx, "name", "camera 1") == RTMP_OK);
    CHECK(rtmp_set_url(&ctx, url) == RTMP_OK && rtmp_connect(&ctx) == RTMP_OK);
    AWAIT(count() > 0);
    pthread_mutex_lock(&lock);
    CHECK(strncmp(last, "camera 1: ", 10) == 0 && strstr(last, "why=") != NULL);
    pthread_mutex_unlock(&lock);

    /* when it is replaced, it is not running */
    sleep_inside = 1;
    rtmp_deinit(&ctx); /* another context, as one has a limit of lines */
    begin(&ctx);
    AWAIT(is_running());
    CHECK(rtmp_set_log_callback(NULL, NULL) == RTMP_OK);
    CHECK(!is_running());
    before = count();
    fd = open("/dev/null", O_WRONLY); /* the rest goes there */
    CHECK(fd > 2 && dup2(fd, 2) == 2);
    pause_ms(200);
    CHECK(count() == before);

    /* from inside it does not wait for itself */
    sleep_inside = 0;
    leave_inside = 1;
    rtmp_deinit(&ctx);
    CHECK(rtmp_set_log_callback(on_log, &lines) == RTMP_OK);
    begin(&ctx);
    AWAIT(count() > before);
    pause_ms(200);
    CHECK(count() == before + 1);
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
}

int main(int argc, char **argv)
{
    const char *mode;
    CHECK(argc == 3);
    mode = argv[1];
    url = argv[2];
    if (strcmp(mode, "callback") == 0) {
        callback();
    } else if (strcmp(mode, "attempts") == 0) {
        attempts();
    } else if (strcmp(mode, "socket") == 0) {
        int  ends[2], out;
        char byte;
        close(2);
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        CHECK(ends[0] == 2);
        publish();
        out = (int)recv(ends[1], &byte, 1, MSG_DONTWAIT);
        printf("%d\n", out);
    } else {
        if (strcmp(mode, "ignore") == 0)
            signal(SIGPIPE, SIG_IGN);
        else if (strcmp(mode, "handler") == 0)
            signal(SIGPIPE, on_signal);
        else
            signal(SIGPIPE, SIG_DFL);
        publish();
    }
    return 0;
}

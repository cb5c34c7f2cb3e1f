/*
 * Signals of the host while it publishes: signals MODE URL. Built with -DLIBRARY="path", it loads the library itself, while
 * it has threads.
 *
 *     wait     signals are blocked everywhere and taken by sigtimedwait(), or from a signalfd: none is lost, none ends the process
 *     storm    handlers without SA_ONSTACK, installed after the library was loaded, run thousands of times on the host's own
 *              threads, and on no other
 */
#define _GNU_SOURCE

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "check.h"

#ifdef LIBRARY
#include <dlfcn.h>

static __typeof__(rtmp_init)       *init;
static __typeof__(rtmp_deinit)     *deinit;
static __typeof__(rtmp_set_url)    *set_url;
static __typeof__(rtmp_set_option) *set_option;
static __typeof__(rtmp_connect)    *connect_;
static __typeof__(rtmp_start)      *start;
static __typeof__(rtmp_get_state)  *get_state;
static __typeof__(rtmp_send_nalu)  *send_nalu;

static void load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW);
    CHECK(library != NULL);
#define FIND(variable, name) CHECK((*(void **)&variable = dlsym(library, name)) != NULL)
    FIND(init, "rtmp_init");
    FIND(deinit, "rtmp_deinit");
    FIND(set_url, "rtmp_set_url");
    FIND(set_option, "rtmp_set_option");
    FIND(connect_, "rtmp_connect");
    FIND(start, "rtmp_start");
    FIND(get_state, "rtmp_get_state");
    FIND(send_nalu, "rtmp_send_nalu");
}
#else
#define init rtmp_init
#define deinit rtmp_deinit
#define set_url rtmp_set_url
#define set_option rtmp_set_option
#define connect_ rtmp_connect
#define start rtmp_start
#define get_state rtmp_get_state
#define send_nalu rtmp_send_nalu

static void load(void)
{
}
#endif

enum { CONTEXTS = 8, ROUNDS = 20 };

static rtmp_ctx_t contexts[CONTEXTS];

/* In a program that is linked with the archive, its own constructors run before and after those of the library. */
static sigset_t at_start[3];

__attribute__((constructor(102))) static void begin_early(void)
{
    pthread_sigmask(SIG_BLOCK, NULL, &at_start[0]);
}

__attribute__((constructor(65000))) static void begin_later(void)
{
    pthread_sigmask(SIG_BLOCK, NULL, &at_start[1]);
}

__attribute__((constructor)) static void begin(void)
{
    pthread_sigmask(SIG_BLOCK, NULL, &at_start[2]);
}

/* Contexts that connect, fail and connect again, so that the library has work for its threads. */
static void publish(const char *url)
{
    int i;
    for (i = 0; i < CONTEXTS; i++) {
        CHECK(init(&contexts[i]) == RTMP_OK);
        CHECK(set_url(&contexts[i], url) == RTMP_OK);
        CHECK(set_option(&contexts[i], "reconnect", "true") == RTMP_OK);
        CHECK(set_option(&contexts[i], "reconnect_min_ms", "10") == RTMP_OK);
        CHECK(set_option(&contexts[i], "reconnect_max_ms", "20") == RTMP_OK);
        CHECK(connect_(&contexts[i]) == RTMP_OK);
        CHECK(start(&contexts[i]) == RTMP_OK);
    }
}

static void end(void)
{
    int i;
    for (i = 0; i < CONTEXTS; i++)
        CHECK(deinit(&contexts[i]) == RTMP_OK);
}

/* The library has left the mask of this thread alone. */
static void check_mask(const sigset_t *expected)
{
    sigset_t now;
    int      i;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    for (i = 1; i <= SIGRTMAX; i++)
        if (sigismember(&now, i) != sigismember(expected, i)) {
            fprintf(stderr, "signal %d: blocked is %d\n", i, sigismember(&now, i));
            exit(1);
        }
}

static void wait_for_signals(const char *url)
{
    static const int numbers[] = {SIGHUP,  SIGINT,  SIGUSR1, SIGUSR2,  SIGALRM, SIGTERM, SIGCHLD,
                                  SIGPIPE, SIGPROF, SIGIO,   SIGWINCH, SIGTSTP, SIGTTIN};
    enum { COUNT = sizeof numbers / sizeof *numbers };
    struct signalfd_siginfo info;
    struct timespec         patience = {0, 10000000};
    sigset_t                before, waited, one[COUNT + 2];
    struct pollfd           p;
    int                     i, round, number[COUNT + 2];

    sigemptyset(&waited);
    for (i = 0; i < COUNT + 2; i++) {
        number[i] = i < COUNT ? numbers[i] : i == COUNT ? SIGRTMIN : SIGRTMAX;
        sigaddset(&waited, number[i]);
        sigemptyset(&one[i]);
        sigaddset(&one[i], number[i]);
    }
    CHECK(pthread_sigmask(SIG_BLOCK, &waited, NULL) == 0);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    load();
    check_mask(&before);
    CHECK(get_state(NULL) == RTMP_STATE_IDLE);
    check_mask(&before);
    publish(url);
    p.fd = signalfd(-1, &waited, SFD_NONBLOCK);
    p.events = POLLIN;
    for (round = 0; round < ROUNDS; round++)
        for (i = 0; i < COUNT + 2; i++) {
            /* Either wait may be for nothing when Go unblocks the signal: its thread had it first, and passed it on. */
            CHECK(kill(getpid(), number[i]) == 0);
            AWAIT(sigtimedwait(&one[i], NULL, &patience) == number[i]);
            CHECK(kill(getpid(), number[i]) == 0);
            AWAIT(poll(&p, 1, 10) == 1 && read(p.fd, &info, sizeof info) == sizeof info);
            CHECK((int)info.ssi_signo == number[i]);
        }
    check_mask(&before);
    end();
}

static pthread_t             threads[2];
static volatile sig_atomic_t hits, strays, stop;

static void deep(int n)
{
    volatile char room[512];
    room[0] = (char)n;
    room[sizeof room - 1] = room[0];
    if (n > 0)
        deep(n - 1);
}

/* Needs more stack than a goroutine has. */
static void on_signal(int number)
{
    pthread_t self = pthread_self();
    (void)number;
    hits++;
    if (!pthread_equal(self, threads[0]) && !pthread_equal(self, threads[1]))
        strays++;
    deep(12); /* 7 kB; twice that when another signal comes meanwhile */
}

static void handle(int number, int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = flags;
    CHECK(sigaction(number, &action, NULL) == 0);
}

static void expect_flags(int number, int flags)
{
    struct sigaction action;
    CHECK(sigaction(number, NULL, &action) == 0);
    CHECK(action.sa_handler == on_signal);
    CHECK((action.sa_flags & (SA_ONSTACK | SA_RESTART | SA_NODEFER)) == flags);
}

/* A second thread of the host, which calls the library all the time. */
static void *work(void *unused)
{
    static const uint8_t frame[] = {0, 0, 0, 1, 0x65, 0x88};
    int                  i;
    for (i = 0; !stop; i++)
        send_nalu(&contexts[i % CONTEXTS], frame, sizeof frame, 0);
    return unused;
}

static void storm(const char *url)
{
    static const struct itimerval often = {{0, 200}, {0, 200}}, never;
    struct sigaction              action;
    rtmp_ctx_t                    ctx;
    int                           i;

    load();
    CHECK(get_state(NULL) == RTMP_STATE_IDLE);
    threads[0] = threads[1] = pthread_self();
    handle(SIGUSR1, SA_RESTART);
    handle(SIGRTMAX, SA_NODEFER);
    CHECK(init(&ctx) == RTMP_OK);
    expect_flags(SIGUSR1, SA_RESTART | SA_ONSTACK);
    expect_flags(SIGRTMAX, SA_NODEFER | SA_ONSTACK);
    handle(SIGUSR2, 0);
    CHECK(set_url(&ctx, url) == RTMP_OK);
    CHECK(connect_(&ctx) == RTMP_OK);
    expect_flags(SIGUSR2, SA_ONSTACK);
    CHECK(sigaction(SIGTERM, NULL, &action) == 0 && action.sa_handler == SIG_DFL && action.sa_flags == 0);
    CHECK(deinit(&ctx) == RTMP_OK);

    handle(SIGALRM, SA_RESTART);
    publish(url);
    CHECK(pthread_create(&threads[1], NULL, work, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    AWAIT(hits >= 2000);
    for (i = 0; i < 2000; i++) {
        CHECK(connect_(&contexts[i % CONTEXTS]) <= RTMP_OK);
        kill(getpid(), SIGUSR2);
    }
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    stop = 1;
    CHECK(pthread_join(threads[1], NULL) == 0);
    CHECK(strays == 0);
    end();
}

static void *idle(void *unused)
{
    pause();
    return unused;
}

int main(int argc, char **argv)
{
    sigset_t  none;
    int       i;
    CHECK(argc == 3);
    sigemptyset(&none);
    check_mask(&none);
    for (i = 0; i < 3; i++)
        for (int n = 1; n <= SIGRTMAX; n++)
            CHECK(!sigismember(&at_start[i], n));
#ifdef LIBRARY
    { /* before the library comes, and with all signals blocked in it: it takes none of those that are waited for */
        pthread_t other;
        sigset_t  all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, NULL);
        CHECK(pthread_create(&other, NULL, idle, NULL) == 0);
        pthread_sigmask(SIG_SETMASK, &none, NULL);
    }
#else
    (void)idle;
#endif
    if (strcmp(argv[1], "wait") == 0)
        wait_for_signals(argv[2]);
    else
        storm(argv[2]);
    return 0;
}

#define _GNU_SOURCE

#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What Go has to take: SIGURG, by which it interrupts goroutines, and faults. */
static const int taken_by_go[] = {SIGURG, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

static void fill(sigset_t *set)
{
    size_t i;
    sigfillset(set);
    for (i = 0; i < COUNT(taken_by_go); i++)
        sigdelset(set, taken_by_go[i]);
}

/*
 * Go starts its first thread from a constructor of the library. Its other threads get the signal mask of that one, whichever
 * thread creates them, and it has the mask of the thread that loads the library. So that one blocks all signals before Go's
 * constructor runs, and restores its mask after it: constructors with a priority run before those without, and among those
 * without Go's is the first, as its object file is the first that is linked. A signal that arrives in between is delivered
 * after it.
 */
static sigset_t mask_of_host;

__attribute__((constructor(101))) static void block_signals(void)
{
    sigset_t most;
    fill(&most);
    pthread_sigmask(SIG_SETMASK, &most, &mask_of_host);
}

__attribute__((constructor)) static void restore_signals(void)
{
    pthread_sigmask(SIG_SETMASK, &mask_of_host, NULL);
}

/*
 * Go unblocks these in its own threads, whatever their mask is. Where the host blocks one and has no handler for it, it takes it
 * by sigwait() or a signalfd; a thread of Go's that got it would lose it (SIGCHLD) or end the process. So it gets a handler that
 * blocks the signal in the thread where it has arrived, and sends it to the process again.
 */
static const int unblocked_by_go[] = {SIGCHLD, SIGPROF, 34 /* the first that SIGRTMIN can be */};

static void pass_on(int number, siginfo_t *info, void *context)
{
    int before = errno;
    sigaddset(&((ucontext_t *)context)->uc_sigmask, number);
    /* Only the main thread may say that a signal comes from the kernel. */
    if (syscall(SYS_rt_sigqueueinfo, getpid(), number, info) != 0) {
        info->si_code = SI_QUEUE;
        syscall(SYS_rt_sigqueueinfo, getpid(), number, info);
    }
    errno = before;
}

static void pass_on_those_in(const sigset_t *blocked)
{
    struct sigaction action, current;
    size_t           i;
    for (i = 0; i < COUNT(unblocked_by_go); i++) {
        int number = unblocked_by_go[i];
        if (sigismember(blocked, number) != 1 || sigaction(number, NULL, &current) != 0 || current.sa_handler != SIG_DFL)
            continue;
        action.sa_sigaction = pass_on;
        action.sa_flags = current.sa_flags | SA_SIGINFO | SA_ONSTACK | SA_RESTART;
        fill(&action.sa_mask);
        sigaction(number, &action, NULL);
    }
}

/*
 * Go unblocks the same signals in each thread of the host that calls it for the first time. That is undone at once, but for the
 * signals that Go has to take.
 */
void go_enter(void); /* hostsignals.go: does nothing */

void signals_enter(void)
{
    /* As Go's own thread-local variable is, which saves a call of the loader. */
    static __thread int entered __attribute__((tls_model("initial-exec")));
    sigset_t            before, most, after;
    int                 number;
    if (entered)
        return;
    entered = 1;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    pass_on_those_in(&before);
    go_enter();
    fill(&most);
    sigemptyset(&after);
    for (number = 1; number <= SIGRTMAX; number++)
        if (sigismember(&before, number) == 1 && sigismember(&most, number) == 1)
            sigaddset(&after, number);
    pthread_sigmask(SIG_BLOCK, &after, NULL);
}

/*
 * A handler without SA_ONSTACK would run on the stack of a goroutine, of some kilobytes, when its signal arrives at a thread of
 * the host that is inside a call of the library. Go adds the flag to the handlers that exist when it starts; this, to those
 * that were installed since.
 */
static void use_signal_stacks(void)
{
    struct sigaction action, replaced;
    int              number;
    for (number = 1; number <= SIGRTMAX; number++) {
        if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN ||
            (action.sa_flags & SA_ONSTACK) != 0)
            continue;
        action.sa_flags |= SA_ONSTACK;
        /* A handler that another thread has installed at this very moment stays. */
        if (sigaction(number, &action, &replaced) == 0 && replaced.sa_handler != action.sa_handler)
            sigaction(number, &replaced, NULL);
    }
}

void signals_prepare(void)
{
    sigset_t blocked;
    use_signal_stacks();
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    pass_on_those_in(&blocked);
}

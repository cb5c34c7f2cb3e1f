/*
 * For C code that is written for LuatOS's own component, such as its Lua binding: the variable g_rtmp_ctx, and the camera
 * that is started for the context in it.
 */
#define _POSIX_C_SOURCE 200809L

#include "binding.h"

#include <dlfcn.h>
#include <pthread.h>

#include "camera.h"

/* Before glibc 2.34 they are in a library that not every program loads. */
#pragma weak dlopen
#pragma weak dlsym
#pragma weak dlclose

/* Weak in an archive: a program may have a variable of this name, which is then the one. */
__attribute__((visibility("default"), weak)) rtmp_ctx_t *g_rtmp_ctx;

static rtmp_ctx_t   **variable = &g_rtmp_ctx; /* set once, by find_variable */
static pthread_once_t found = PTHREAD_ONCE_INIT;

/*
 * A program that names g_rtmp_ctx may have it in its own memory, because the linker made a copy relocation, and a library
 * that is linked with -Bsymbolic, as Go's are, would go on to use its own. So the loader is asked for the one that the
 * program uses. RTLD_DEFAULT would not do: it begins with the caller's own library when that is linked with -Bsymbolic.
 * A program that the library is linked into statically has only one, and need not export it.
 */
static void find_variable(void)
{
    void *program, *symbol;
    if (dlopen == NULL || dlsym == NULL || dlclose == NULL || (program = dlopen(NULL, RTLD_LAZY)) == NULL)
        return;
    symbol = dlsym(program, "g_rtmp_ctx");
    if (symbol != NULL)
        variable = symbol;
    dlclose(program);
}

void luatos_binding_begin(rtmp_ctx_t *ctx)
{
    pthread_once(&found, find_variable);
    __atomic_store_n(variable, ctx, __ATOMIC_SEQ_CST);
}

/* Whether g_rtmp_ctx points to ctx. It is found by the time there is a context. */
static int is_current(const rtmp_ctx_t *ctx)
{
    return __atomic_load_n(variable, __ATOMIC_SEQ_CST) == ctx;
}

void luatos_binding_forget(rtmp_ctx_t *ctx)
{
    rtmp_ctx_t *expected = ctx;
    if (ctx != NULL)
        __atomic_compare_exchange_n(variable, &expected, NULL, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

int luatos_binding_has_camera(void)
{
    return luatos_camera_can_run();
}

void luatos_binding_follow(rtmp_ctx_t *ctx, rtmp_state_t state)
{
    if (ctx == NULL || !luatos_camera_can_run())
        return;
    if (state != RTMP_STATE_PUBLISHING)
        luatos_camera_release(ctx);
    else if (is_current(ctx) && rtmp_get_state(ctx) == RTMP_STATE_PUBLISHING) /* the callback may have ended it */
        luatos_camera_hold(ctx);
}

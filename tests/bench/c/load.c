/* What loading the library costs: ns of dlopen, ns until the first call has returned, and resident bytes after a while. */
#include "luat_rtmp_push.h"
#include "memory.h"

#include <dlfcn.h>

int main(int argc, char **argv)
{
    int64_t begin, loaded, called, before;
    int (*init)(rtmp_ctx_t *), (*deinit)(rtmp_ctx_t *);
    rtmp_ctx_t ctx = {0};
    void      *library;

    if (argc < 2)
        die("usage: load FILE");
    before = resident();
    begin = now();
    library = dlopen(argv[1], RTLD_NOW);
    loaded = now() - begin;
    if (library == NULL)
        die(dlerror());
    *(void **)&init = dlsym(library, "rtmp_init");
    *(void **)&deinit = dlsym(library, "rtmp_deinit");
    init(&ctx);
    called = now() - begin;
    deinit(&ctx);
    sleep_for(SECOND / 10);
    printf("{\"load_ns\":%lld,\"ready_ns\":%lld,\"bytes\":%lld}\n", (long long)loaded, (long long)called, (long long)(resident() - before));
    return 0;
}

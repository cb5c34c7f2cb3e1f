#define _POSIX_C_SOURCE 200809L

#include "stderr.h"

#include <sys/stat.h>

static uint64_t loaded_device, loaded_inode;

/* In a constructor, because the host may close its standard error as soon as the library is loaded. */
__attribute__((constructor)) static void note_stderr(void)
{
    struct stat st;
    if (fstat(2, &st) == 0) {
        loaded_device = (uint64_t)st.st_dev;
        loaded_inode = (uint64_t)st.st_ino;
    }
}

void stderr_when_loaded(uint64_t *device, uint64_t *inode)
{
    *device = loaded_device;
    *inode = loaded_inode;
}

/* The names of LuatOS's header, with its values; and g_rtmp_ctx, which this program refers to as code for LuatOS does. */
#include "luat_rtmp_push.h"

#include <stdio.h>

#define SAME(name, value) RTMP_STATIC_ASSERT((name) == (value), name##_is_LuatOSs)

SAME(RTMP_DEFAULT_CHUNK_SIZE, 128);
SAME(RTMP_BUFFER_SIZE, 524288);
SAME(RTMP_MAX_QUEUE_BYTES, 1048576);
SAME(RTMP_HANDSHAKE_SIZE, 1536);
SAME(RTMP_CMD_TIMEOUT, 5000);
SAME(RTMP_MSG_SET_CHUNK_SIZE, 1);
SAME(RTMP_MSG_ABORT, 2);
SAME(RTMP_MSG_BYTES_READ, 3);
SAME(RTMP_MSG_CONTROL, 4);
SAME(RTMP_MSG_SERVER_BW, 5);
SAME(RTMP_MSG_CLIENT_BW, 6);
SAME(RTMP_MSG_AUDIO, 8);
SAME(RTMP_MSG_VIDEO, 9);
SAME(RTMP_MSG_AMFDATAFILE, 15);
SAME(RTMP_MSG_EXTENDED_COMMAND, 17);
SAME(RTMP_MSG_COMMAND, 20);
SAME(NALU_TYPE_NON_IDR, 1);
SAME(NALU_TYPE_IDR, 5);
SAME(NALU_TYPE_SEI, 6);
SAME(NALU_TYPE_SPS, 7);
SAME(NALU_TYPE_PPS, 8);
SAME(NALU_TYPE_AUD, 9);

static bool fails(const char *what) /* bool is the header's, as LuatOS's has it */
{
    printf("%s\n", what);
    return true;
}

int main(void)
{
    static rtmp_ctx_t a, b;
    rtmp_msg_type_t   message = RTMP_MSG_VIDEO;
    nalu_type_t       unit = NALU_TYPE_IDR;
    (void)message;
    (void)unit;
    if (g_rtmp_ctx != NULL)
        return fails("before there is a context");
    if (rtmp_init(&a) != RTMP_OK || g_rtmp_ctx != &a)
        return fails("the first context");
    if (rtmp_init(&b) != RTMP_OK || g_rtmp_ctx != &b)
        return fails("the second context");
    if (rtmp_init(&a) != RTMP_ERR_FAILED || g_rtmp_ctx != &b)
        return fails("a context that lives already");
    if (rtmp_deinit(&a) != RTMP_OK || g_rtmp_ctx != &b)
        return fails("another one ended");
    g_rtmp_ctx = NULL;
    if (rtmp_deinit(&b) != RTMP_OK || g_rtmp_ctx != NULL)
        return fails("the one ended that is not in it any more");
    if (rtmp_init(&a) != RTMP_OK || rtmp_deinit(&a) != RTMP_OK || g_rtmp_ctx != NULL)
        return fails("the last one ended");
    puts(RTMP_VERSION);
    return 0;
}

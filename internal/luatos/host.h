/*
 * What LuatOS's interpreter offers to a module besides Lua, declared as LuatOS does. All of it is weak: NULL in a host that is not
 * LuatOS.
 */
#ifndef LUATOS_HOST_H
#define LUATOS_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "../../include/luat_rtmp_push.h"

struct lua_State;

/* Leaves nothing on the stack of L. */
typedef int luatos_handler(struct lua_State *L, void *ptr);

/* A message. The loop of the host calls handler(L, ptr) on the interpreter's thread, unprotected. */
struct rtos_msg {
    luatos_handler *handler;
    void           *ptr;
    int             arg1;
    int             arg2;
};

RTMP_STATIC_ASSERT(offsetof(struct rtos_msg, arg1) == 2 * sizeof(void *), rtos_msg_arg1_stands_behind_two_pointers);
RTMP_STATIC_ASSERT(sizeof(struct rtos_msg) == 2 * sizeof(void *) + 8, rtos_msg_has_no_padding);

/* Copies msg. 0: queued; else the bus is full. Any thread. */
uint32_t luat_msgbus_put(struct rtos_msg *msg, size_t timeout);
#pragma weak luat_msgbus_put

enum { LUAT_CAMERA_RAW = 0, LUAT_CAMERA_MJPEG = 1, LUAT_CAMERA_H264 = 2 }; /* of data_type; not every camera sets it */

/* A frame of the camera. The size is the first member of a union, whose other members need the room behind it. */
typedef struct luat_camera_frame_data {
    uint64_t *data;
    int       total_bytes;
    int       room[2];
    uint8_t   data_type;
} luat_camera_frame_data_t;

RTMP_STATIC_ASSERT(offsetof(luat_camera_frame_data_t, total_bytes) == sizeof(void *), luat_camera_frame_size_stands_behind_data);
RTMP_STATIC_ASSERT(offsetof(luat_camera_frame_data_t, data_type) == sizeof(void *) + 12, luat_camera_frame_type_stands_behind_the_union);
RTMP_STATIC_ASSERT(sizeof(luat_camera_frame_data_t) == sizeof(void *) + 16, luat_camera_frame_ends_with_its_type);

/* One callback for each camera; it is called from whatever thread. */
void luat_camera_set_frame_data_callback(int id, void (*callback)(luat_camera_frame_data_t *, void *), void *user_data);
int luat_camera_capture(int id, uint8_t quality, const char *path); /* 0: done */
int luat_camera_start(int id);
int luat_camera_stop(int id);
#pragma weak luat_camera_set_frame_data_callback
#pragma weak luat_camera_capture
#pragma weak luat_camera_start
#pragma weak luat_camera_stop

#endif

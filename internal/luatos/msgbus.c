#include "msgbus.h"

int luatos_has_msgbus(void)
{
    return luat_msgbus_put != NULL;
}

int luatos_msgbus_put(luatos_handler *handler, int context)
{
    struct rtos_msg message = {handler, NULL, 0, 0};
    message.arg1 = context;
    return luat_msgbus_put(&message, 0) == 0;
}

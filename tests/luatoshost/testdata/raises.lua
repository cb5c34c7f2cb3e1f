-- An error in a callback is one of the loop.
local ctx = assert(rtmp.create(url))
ctx:setCallback(function(state) error("callback of state " .. state) end)
ctx:disconnect()
print("before")
rtos.receive(1000)
print("after")

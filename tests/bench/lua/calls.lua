-- What Lua pays: ns for require, and for one call of the cheapest method. calls.lua COUNT
local clock = require "clock"
local begin = clock.now()
local rtmp = require "rtmp"
local required = clock.now() - begin
local count = tonumber(arg[1])
local ctx = rtmp.create("rtmp://127.0.0.1/live/stream")
begin = clock.now()
for _ = 1, count do ctx:getState() end
print(('{"load_ns":%d,"ns":%.1f}'):format(required, (clock.now() - begin) / count))
ctx:destroy()

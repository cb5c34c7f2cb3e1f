-- LuatOS's own binding over this library: the camera feeds the context of g_rtmp_ctx.
assert(rtmp.version == nil) -- the module is the binding's
local ctx, seen = watched(url)
assert(ctx:isCurrent())
ctx:start()
assert(ctx:connect())
loop(function() return seen() == "1234" and select(2, host.camera()) == 75 and pictures(ctx) == 75 end)
local log = "callback 0; capture 0 80 rtmp; start 0; "
equal(log, (host.camera()))
assert(rtmp.refused() > 0) -- frames of other types, which the stream outlives
ctx:disconnect()
log = log .. "stop 0; "
equal(log, (host.camera()))
loop(function() return seen() == "123456" end)

-- Again with the same context.
assert(ctx:connect())
loop(function() return seen() == "1234561234" and pictures(ctx) == 150 end)
log = log .. "capture 0 80 rtmp; start 0; "
equal(log, (host.camera()))
ctx:destroy()
assert(not ctx:isCurrent())
log = log .. "stop 0; "
equal(log, (host.camera()))
ctx:destroy()
host.frame(2, keyFrame)

-- The context that was initialised last has the camera; the end of another one does not stop it.
local one, two = watched(url .. "2"), watched(url .. "3")
assert(two:isCurrent() and not one:isCurrent())
log = log .. "callback 0; callback 0; "
assert(one:connect())
assert(two:connect())
loop(function() return one:getState() == rtmp.STATE_PUBLISHING and pictures(two) == 75 end)
log = log .. "capture 0 80 rtmp; start 0; "
one:destroy()
assert(two:isCurrent())
equal(log, (host.camera()))

-- A program that wants no camera says so.
two:disconnect()
log = log .. "stop 0; "
rtmp.detach()
assert(two:connect())
loop(function() return two:getState() == rtmp.STATE_PUBLISHING end)
loopFor(100)
two:destroy()
equal(log, (host.camera()))

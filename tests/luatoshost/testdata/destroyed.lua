-- Contexts that are gone when their messages are handled.
local kept, seen = watched(url)
local calls = 0
for i = 1, 20 do
	local ctx = assert(rtmp.create(url))
	ctx:setCallback(function() calls = calls + 1 end)
	ctx:disconnect()
	local _, _, _, number = host.bus()
	equal(i + 1, number)
	if i % 2 == 0 then
		ctx:destroy()
	end
	if i == 10 then
		kept:disconnect()
	end
end
collectgarbage()
collectgarbage()
equal(21, (host.bus()))
loop(function() return host.bus() == 0 end)
equal(0, calls)
equal("6", seen())

-- One that destroys itself in its own callback, with messages behind the one that is handled.
local ctx = assert(rtmp.create("rtmp://127.0.0.1:1/live/x"))
ctx:setCallback(function()
	calls = calls + 1
	ctx:destroy()
end)
assert(ctx:connect())
local limit = host.ticks() + 20000
while ctx:getState() ~= rtmp.STATE_ERROR do
	assert(host.ticks() < limit)
	host.sleep(10)
end
loop(function() return calls == 1 end)
loop(function() return host.bus() == 0 end)
equal(1, calls)

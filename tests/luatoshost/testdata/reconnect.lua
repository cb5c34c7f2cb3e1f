-- A script in the shape of those for devices: start on CONNECTED, and a task that makes a new context after an error. The
-- first address is one where nothing listens.
local messages = {}
local function publish(...) messages[#messages + 1] = {...} end

local told, ctx = {}, nil
local addresses = {"rtmp://127.0.0.1:1/live/x", url}

local function main()
	for _, to in ipairs(addresses) do
		ctx = rtmp.create(to)
		ctx:setCallback(function(state, ...)
			told[#told + 1] = state
			if state == rtmp.STATE_CONNECTED then
				ctx:start()
			elseif state == rtmp.STATE_ERROR then
				local code, text = ...
				equal(-4, code)
				assert(text:find("127.0.0.1:1", 1, true))
				publish("RECONNECT")
			elseif state == rtmp.STATE_PUBLISHING then
				publish("PUBLISHING")
			end
		end)
		assert(ctx:connect())
		local what = coroutine.yield()
		if what == "PUBLISHING" then
			return
		end
		ctx:stop()
		ctx:disconnect()
		ctx:destroy()
		equal(false, (ctx:connect()))
		equal(rtmp.STATE_IDLE, ctx:getState())
	end
end

local task = coroutine.create(main)
assert(coroutine.resume(task))
loop(function()
	while #messages > 0 do
		assert(coroutine.resume(task, table.unpack(table.remove(messages, 1))))
	end
	return coroutine.status(task) == "dead"
end)
loop(function() return pictures(ctx) >= 10 end)
ctx:stop()
ctx:disconnect()
loop(function() return ctx:getState() == rtmp.STATE_DISCONNECTED and #told == 8 end)
equal("17123456", table.concat(told))
ctx:destroy()
ctx:destroy()

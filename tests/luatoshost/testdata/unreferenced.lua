-- A context that only its own callback refers to, as a task leaves it behind when it ends: it publishes on, and is collected
-- once its session is over and its callback has heard of that.
local states, weak = "", setmetatable({}, {__mode = "k"})
do
	local ctx = assert(rtmp.create(url, {source = "clip"}))
	ctx:setCallback(function(state)
		states = states .. state
		if state == rtmp.STATE_CONNECTED then
			ctx:start()
		end
	end)
	assert(ctx:connect())
	weak[ctx] = true
end
loop(function()
	collectgarbage()
	return pictures(assert(next(weak), "the context was collected")) >= 10
end)
next(weak):disconnect()
loop(function()
	collectgarbage()
	return next(weak) == nil
end)
equal("123456", states)

-- Scripts for devices, as they are written in the wild: a task that publishes; start() when the state is CONNECTED; a timer
-- that looks at the state, and has the task make a new context when that is IDLE or ERROR; calls on contexts that are
-- destroyed. Twice at the same time.
local sys = require "sys"
equal(sys, require "sys")

local function publisher(name, urls)
	local self, attempts = {told = ""}, 0

	local function callback(state)
		self.told = self.told .. state
		if state == rtmp.STATE_CONNECTED then self.ctx:start() end
	end

	sys.taskInit(function()
		while true do
			attempts = attempts + 1
			local ctx = rtmp.create(urls[attempts] or urls[#urls])
			self.ctx = ctx
			ctx:setCallback(callback)
			assert(ctx:connect())
			sys.waitUntil("RECONNECT" .. name)
			for _ = 1, 2 do -- the second time the context is dead
				ctx:stop()
				equal(true, ctx:disconnect())
				ctx:destroy()
				equal(rtmp.STATE_IDLE, ctx:getState())
			end
			equal(false, (ctx:connect()))
			sys.wait(100)
		end
	end)

	sys.timerLoopStart(function()
		local state = self.ctx:getState()
		if state == rtmp.STATE_IDLE or state == rtmp.STATE_ERROR then sys.publish("RECONNECT" .. name) end
	end, 50)

	function self.publishes()
		return attempts >= #urls and pictures(self.ctx) >= 10
	end
	return self
end

if host.mode then host.mode("forever") end -- a camera that plays once would be over before the last context
local limit = host.ticks() + 40000
local one = publisher("1", {"rtmp://127.0.0.1:1/live/x", drops, url})
local two = publisher("2", {url .. "2"})
sys.run(function()
	assert(host.ticks() < limit, one.told .. " " .. two.told)
	return one.publishes() and two.publishes()
end)

-- The timer may see an error before the callback does; then the callback of the destroyed context does not come.
assert(one.told:match("^17?12347?1234$"), one.told)
equal("1234", two.told)

-- A sys of the size that these tests need, on rtos.receive and rtos.timer_start as LuatOS's own is.
local sys = {}

local messages, waiting, timers = {}, {}, {} -- waiting: message or timer -> coroutine

local function resume(co, ...)
	local ok, err = coroutine.resume(co, ...)
	if not ok then error(debug and debug.traceback(co, err) or err, 0) end
end

local function after(ms, what)
	local number = 0
	while timers[number] do number = number + 1 end
	timers[number] = what
	rtos.timer_start(number, ms)
end

function sys.taskInit(fn, ...) resume(coroutine.create(fn), ...) end

function sys.wait(ms)
	local co = coroutine.running()
	after(ms, function() resume(co) end)
	coroutine.yield()
end

function sys.waitUntil(id)
	waiting[id] = coroutine.running()
	coroutine.yield()
end

function sys.publish(id) messages[#messages + 1] = id end

function sys.timerLoopStart(fn, ms)
	local function again()
		fn()
		after(ms, again)
	end
	after(ms, again)
end

-- Runs until done() is true.
function sys.run(done)
	while not done() do
		local what, number = rtos.receive(1000)
		if what == rtos.MSG_TIMER then
			local fn = timers[number]
			timers[number] = nil
			fn()
		end
		while #messages > 0 do
			local id = table.remove(messages, 1)
			local co = waiting[id]
			waiting[id] = nil
			if co then resume(co) end
		end
	end
end

return sys

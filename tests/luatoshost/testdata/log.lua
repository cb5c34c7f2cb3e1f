-- Lines of the log go to LuatOS's log, in the order in which its other components call it, until the script takes them.
local lines = {}
log = {}
for _, level in ipairs({ "debug", "info", "warn", "error" }) do
	log[level] = function(tag, text, ...)
		equal("rtmp", tag)
		equal(0, select("#", ...))
		lines[#lines + 1] = level .. " " .. text
	end
end

local closed = "rtmp://127.0.0.1:1/live/secret"
local ctx = assert(rtmp.create(closed, { name = "camera 1", source = "none" }))
assert(ctx:connect())
loop(function() return #lines == 1 end)
if not lines[1]:find("^warn camera 1: connecting failed why=") or lines[1]:find("secret") then
	error(lines[1])
end

local taken
equal(true, rtmp.setLogger(function(level, text) taken = level .. " " .. text end))
assert(ctx:connect())
loop(function() return taken end)
equal("warn camera 1: connecting failed", taken:match("^(.-) why="))
equal(1, #lines)

equal(true, rtmp.setLogger(nil))
assert(ctx:connect())
loop(function() return #lines == 2 end)

-- A script that has put something else into the place of log.
for _, other in ipairs({ false, {}, { warn = 1 } }) do
	log = other
	assert(ctx:connect())
	loop(function() return ctx:getState() == rtmp.STATE_ERROR end)
	loopFor(50)
end
ctx:destroy()

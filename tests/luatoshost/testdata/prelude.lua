-- In front of each script. The script's arguments are a URL on a server that takes the stream, and one of which the server
-- closes the connection after a while.
url, drops = ...

-- A key frame of 640x360, with its parameter sets.
keyFrame = (("00000001674d401fa6110280bfe5c044000003000400000300c83c60c846" .. "0000000168e84332c8" .. "0000000165888208")
	:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))

function equal(want, got)
	if want ~= got then
		error("expected " .. tostring(want) .. ", got " .. tostring(got), 2)
	end
end

-- Runs LuatOS's loop until done() is true.
function loop(done)
	local limit = host.ticks() + 20000
	while not done() do
		if host.ticks() > limit then
			error("waited too long", 2)
		end
		rtos.receive(20)
	end
end

function loopFor(ms)
	local limit = host.ticks() + ms
	loop(function() return host.ticks() >= limit end)
end

-- A context, and the function that returns the states that its script has been told so far.
function watched(to, options)
	local ctx, seen = assert(rtmp.create(to, options)), ""
	ctx:setCallback(function(state) seen = seen .. state end)
	return ctx, function() return seen end
end

function publishing(to, options)
	local ctx, seen = watched(to, options)
	assert(ctx:connect())
	loop(function() return seen() == "1234" end)
	return ctx, seen
end

function pictures(ctx)
	return ctx:getStats().video_frames_sent
end

-- LuatOS's log.
log = {}
for _, level in ipairs({ "debug", "info", "warn", "error" }) do
	log[level] = function(tag, ...)
		print(level, tag, ...)
	end
end

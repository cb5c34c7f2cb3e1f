-- A camera that answers with an error: the source stands in. One that says nothing is waited for.
local log = "callback 0; "
local function expect(calls)
	log = log .. calls
	equal(log, (host.camera()))
end

local ctx, seen = watched(url)
ctx:start()
local function connect()
	local before = seen()
	assert(ctx:connect())
	loop(function() return seen() == before .. "1234" end)
end
local function publish()
	local sent = pictures(ctx)
	connect()
	loop(function() return pictures(ctx) >= sent + 5 end)
end
local function finish()
	local before = seen()
	ctx:disconnect()
	loop(function() return seen() == before .. "56" end)
end

for mode, calls in pairs {capture = "capture 0 80 rtmp; ", start = "capture 0 80 rtmp; start 0; "} do
	host.mode(mode)
	publish()
	expect(calls)
	equal(640, ctx:getStats().width)
	finish()
	expect("")
end

host.mode("silent")
local sent = pictures(ctx)
connect()
loopFor(1500)
equal(sent, pictures(ctx)) -- nothing stands in for a camera that has not failed
expect("capture 0 80 rtmp; start 0; ")
host.frame(2, keyFrame) -- late
loop(function() return pictures(ctx) == sent + 1 end)
finish()
expect("stop 0; ")

host.mode("frames") -- and well again
sent = pictures(ctx)
publish()
loop(function() return pictures(ctx) == sent + 75 end)
loopFor(300)
equal(sent + 75, pictures(ctx))
ctx:destroy()
expect("capture 0 80 rtmp; start 0; stop 0; ")

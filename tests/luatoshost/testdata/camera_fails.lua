-- A camera that answers with an error, or says nothing: the source stands in.
local log = "callback 0; "
local function expect(calls)
	log = log .. calls
	equal(log, (host.camera()))
end

local ctx, seen = watched(url)
ctx:start()
-- Returns how long the first pictures took, since the script saw that the state is PUBLISHING, and since before it was.
local function publish()
	local before, sent, start = seen(), pictures(ctx), host.ticks()
	assert(ctx:connect())
	loop(function() return seen() == before .. "1234" end)
	local since = host.ticks()
	loop(function() return pictures(ctx) >= sent + 5 end)
	return host.ticks() - since, host.ticks() - start
end
local function finish()
	local before = seen()
	ctx:disconnect()
	loop(function() return seen() == before .. "56" end)
end

-- After an error it begins at once. A slow machine may need several attempts to be fast.
for mode, calls in pairs {capture = "capture 0 80 rtmp; ", start = "capture 0 80 rtmp; start 0; "} do
	host.mode(mode)
	local fastest = math.huge
	for _ = 1, 5 do
		fastest = math.min(fastest, (publish()))
		expect(calls)
		finish()
		expect("")
		if fastest < 900 then
			break
		end
	end
	assert(fastest < 900, fastest)
end

host.mode("silent")
local _, waited = publish()
assert(waited >= 1000 and waited < 10000, waited)
expect("capture 0 80 rtmp; start 0; ")
host.frame(2, keyFrame) -- late: it takes over
loopFor(100) -- what the source had sent
local sent = pictures(ctx)
loopFor(300)
equal(sent, pictures(ctx))
host.frame(2, keyFrame)
loop(function() return pictures(ctx) == sent + 1 end)
finish()
expect("stop 0; ")

_, waited = publish() -- silent again
assert(waited >= 1000 and waited < 10000, waited)
finish()
expect("capture 0 80 rtmp; start 0; stop 0; ")

host.mode("frames") -- and well again
sent = pictures(ctx)
publish()
loop(function() return pictures(ctx) == sent + 75 end)
loopFor(1500)
equal(sent + 75, pictures(ctx))
ctx:destroy()
expect("capture 0 80 rtmp; start 0; stop 0; ")

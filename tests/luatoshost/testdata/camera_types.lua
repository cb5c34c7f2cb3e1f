-- A camera that gives H.264 without saying so: LuatOS's component never looks at the type either.
host.mode("unlabelled")
local ctx = publishing(url)
loop(function() return select(2, host.camera()) == 75 and pictures(ctx) == 75 end)
host.frame(1, keyFrame)
host.frame(0, keyFrame)
loop(function() return pictures(ctx) == 77 end)
host.frame(0, "\0\0\1") -- too short to be anything
host.frame(0, "\0\0")
host.frame(0, ("\0"):rep(640 * 360)) -- black
host.frame(0, "\0\0\1\128\16\16\16\16") -- no header of a NAL unit
host.frame(0, "\0\0\1\7\16\16\16\16") -- nor this: a parameter set that nothing refers to
host.frame(1, "\255\216\255\224 JPEG")
loopFor(200)
equal(77, pictures(ctx))
equal(rtmp.STATE_PUBLISHING, ctx:getState())
ctx:destroy()

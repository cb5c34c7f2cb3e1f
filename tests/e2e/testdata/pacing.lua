--- Publishes the built-in clip for some seconds and tells again and again how far it has come: milliseconds since
-- PUBLISHING, and the timestamp of the latest picture.
--
--     pacing.lua URL SECONDS

local report = require("report")

local ctx = assert(rtmp.create(arg[1], { source = "clip" }))
local began
ctx:setCallback(function(state, ...)
  report.say("state", "1", state, ...)
  if state == ctx.STATE_PUBLISHING then began = rtmp.ticks() end
end)

assert(ctx:connect())
ctx:start()
while not began do sys.wait(5) end

while rtmp.ticks() - began < arg[2] * 1000 do
  sys.wait(15)
  local timestamp = ctx:getStats().last_video_timestamp
  report.say("pace", "1", rtmp.ticks() - began, timestamp)
end

report.leave(ctx, "1")
sys.run()
report.stats(ctx, "1")
ctx:destroy()

--- Publishes the built-in clip for some seconds, stops, starts again after some seconds, and goes on for as long as before.
--
--     pause.lua URL SECONDS PAUSE

local report = require("report")

local ctx = assert(rtmp.create(arg[1]))
report.states(ctx, "1")

sys.taskInit(function()
  assert(ctx:connect())
  ctx:start()
  repeat local _, state = sys.waitUntil("STATE") until state == ctx.STATE_PUBLISHING
  sys.wait(arg[2] * 1000)
  ctx:stop()
  sys.wait(arg[3] * 1000)
  ctx:start()
  sys.wait(arg[2] * 1000)
  report.leave(ctx, "1")
end)

sys.run()
report.stats(ctx, "1")
ctx:destroy()

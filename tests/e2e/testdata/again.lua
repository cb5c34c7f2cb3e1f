--- Publishes a file to its end, so many times, on the same context. It connects again as soon as a connection has ended.
--
--     again.lua URL FILE TIMES

local report = require("report")

local ctx = assert(rtmp.create(arg[1], { source = arg[2] }))
report.states(ctx, "1")

sys.taskInit(function()
  for _ = 1, arg[3] do
    assert(ctx:connect())
    ctx:start()
    repeat
      local _, state = sys.waitUntil("STATE")
      if state == ctx.STATE_ERROR then return end
    until state == ctx.STATE_DISCONNECTED
  end
end)

sys.run()
report.stats(ctx, "1")
ctx:destroy()

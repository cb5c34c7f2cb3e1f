--- Publishes the built-in clip, and connects again whenever the connection is lost, until the second connection has lasted
-- some seconds.
--
--     reconnect.lua URL SECONDS

local report = require("report")

local ctx = assert(rtmp.create(arg[1]))
report.states(ctx, "1")
ctx:start()

sys.taskInit(function()
  local connections = 0
  assert(ctx:connect())
  while true do
    local _, state = sys.waitUntil("STATE")
    if state == ctx.STATE_ERROR then
      sys.wait(200)
      assert(ctx:connect())
    elseif state == ctx.STATE_PUBLISHING then
      connections = connections + 1
      if connections == 2 then break end
    end
  end
  sys.wait(arg[2] * 1000)
  report.leave(ctx, "1")
end)

sys.run()
report.stats(ctx, "1")
ctx:destroy()

--- Publishes until the source or the connection ends, or for some seconds from PUBLISHING on. With stop, media ends after so
-- many seconds, and the connection stays.
--
--     publish.lua URL [seconds=N] [stop=N] [any option of rtmp.create, name=value]

local report = require("report")

local options = report.arguments(2)
local seconds, stop = options.seconds, options.stop
options.seconds, options.stop = nil, nil

local ctx = assert(rtmp.create(arg[1], options))
report.states(ctx, "1")

sys.subscribe("STATE", function(state)
  if state ~= ctx.STATE_PUBLISHING then return end
  if stop then sys.timerStart(function() ctx:stop() end, stop * 1000) end
  if not seconds then return end
  sys.timerStart(function()
    if ctx:getState() == ctx.STATE_PUBLISHING then report.leave(ctx, "1") end
  end, seconds * 1000)
end)

assert(ctx:connect())
ctx:start()
sys.run()
report.stats(ctx, "1")
ctx:destroy()

--- Publishes the built-in clip for some seconds, and then, on the same connection, a file to its end.
--
--     switch.lua URL SECONDS FILE

local report = require("report")

local ctx = assert(rtmp.create(arg[1], { source = "clip" }))
report.states(ctx, "1")

sys.subscribe("STATE", function(state)
  if state ~= ctx.STATE_PUBLISHING then return end
  sys.timerStart(function() assert(ctx:setSource(arg[3])) end, arg[2] * 1000)
end)

assert(ctx:connect())
ctx:start()
sys.run()
report.stats(ctx, "1")
ctx:destroy()

--- Publishes a source until the context has ended, or for so many seconds. It tells the lines of the log, "opened" after those that
-- belong to opening the source, and each change of getStats().source_error with the time in ms since PUBLISHING.
--
--     source_error.lua URL SOURCE SECONDS

local report = require("report")

rtmp.setLogger(function(level, text) report.say("log", level, text) end)
local ctx, why = rtmp.create(arg[1], { source = arg[2] })
rtmp.poll(200) -- what the log said while the source was opened
if not ctx then
  report.say("refused", why)
  return
end
report.say("opened")
local over = false
ctx:setCallback(function(state, ...)
  report.say("state", "1", state, ...)
  over = state == ctx.STATE_DISCONNECTED or state == ctx.STATE_ERROR
end)
assert(ctx:connect())
ctx:start()

local limit = rtmp.ticks() + 20000
local publishing, last
repeat
  rtmp.poll(20)
  if not publishing and ctx:getState() >= ctx.STATE_PUBLISHING then
    publishing = rtmp.ticks()
    limit = publishing + tonumber(arg[3]) * 1000
  end
  local now = ctx:getStats().source_error
  if now ~= last then
    report.say("source_error", rtmp.ticks() - (publishing or rtmp.ticks()), now or "")
    last = now
  end
until over or rtmp.ticks() > limit
report.stats(ctx, "1")
ctx:destroy()

--- What the scripts of the end-to-end tests have in common: they tell the test what happens, one event a line, its
-- fields parted by tabs.

local report = {}

io.stdout:setvbuf("line")

--- Prints an event.
function report.say(...)
  local fields = { ... }
  for i = 1, select("#", ...) do fields[i] = tostring(fields[i]):gsub("%s", " ") end
  print(table.concat(fields, "\t"))
end

--- Tells every change of state of a context, and publishes its number as "STATE".
function report.states(ctx, name)
  ctx:setCallback(function(state, ...)
    report.say("state", name, state, ...)
    sys.publish("STATE", state)
  end)
end

--- Tells the statistics of a context.
function report.stats(ctx, name)
  for key, value in pairs(ctx:getStats()) do report.say("stat", name, key, value) end
end

--- Returns the script's arguments of the form name=value, from the nth on: numbers as numbers, and true as it is.
function report.arguments(n)
  local arguments = {}
  for i = n, #arg do
    local name, value = arg[i]:match("^([%w_]+)=(.*)$")
    if value == "true" then value = true end
    arguments[name] = tonumber(value) or value
  end
  return arguments
end

--- Stops and disconnects, and tells how many milliseconds that took.
function report.leave(ctx, name)
  local before = rtmp.ticks()
  ctx:stop()
  ctx:disconnect()
  report.say("left", name, rtmp.ticks() - before)
end

return report

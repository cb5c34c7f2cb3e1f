--- What the tests of the Lua face share. They run in any host that opens `rtmp`: the runner defines the global FACE (servers, folders and
-- where the report goes), loads this file as `face`, and runs a script. Each test adds `ok N name` or `not ok N name` and the error behind
-- `#` to the report; finish adds the plan, `1..N`.

pcall = pcall or unsafe_pcall -- golua hides it
xpcall = xpcall or unsafe_xpcall

local rtmp = require("rtmp")

local face = {}

local report = assert(io.open(FACE.report, "w"))
local count = 0

local function show(value)
  if type(value) == "string" then return ("%q"):format(value) end
  return tostring(value)
end

--- Raises unless got equals want, by value for tables.
function face.equal(got, want, where)
  where = where or "value"
  if type(got) == "table" and type(want) == "table" then
    for key, value in pairs(want) do face.equal(got[key], value, where .. "." .. tostring(key)) end
    for key in pairs(got) do face.equal(got[key], want[key], where .. "." .. tostring(key)) end
  elseif got ~= want then
    error(("%s: got %s, want %s"):format(where, show(got), show(want)), 2)
  end
end

--- Raises unless text contains part.
function face.contains(text, part)
  if type(text) ~= "string" or not text:find(part, 1, true) then
    error(("got %s, want a text with %s"):format(show(text), show(part)), 2)
  end
end

--- Raises unless fn raises an error whose text contains part.
function face.raises(part, fn, ...)
  local ok, err = pcall(fn, ...)
  if ok then error("no error, want one with " .. show(part), 2) end
  face.contains(tostring(err), part)
end

--- All results of a call, with their number: nothing and nil are not the same.
function face.pack(...)
  return { n = select("#", ...), ... }
end

--- The URL of a stream that no other test uses.
local streams = 0
function face.url(stream)
  streams = streams + 1
  return ("rtmp://%s/live/%s-%s-%d"):format(FACE.receiver, stream, FACE.run, streams)
end

--- The URLs of a server that accepts and says nothing, and of one that is not there.
face.silent = "rtmp://" .. FACE.silent .. "/live/key"
face.closed = "rtmp://" .. FACE.closed .. "/live/key"

--- Polls until ready() is true; raises after 20 s.
function face.wait(ready, what)
  local limit = rtmp.ticks() + 20000
  while not ready() do
    if rtmp.ticks() > limit then error("20 s over: " .. (what or "it does not become ready"), 2) end
    rtmp.poll(20)
  end
end

--- Polls for so long.
function face.sleep(ms)
  local limit = rtmp.ticks() + ms
  repeat rtmp.poll(math.max(1, limit - rtmp.ticks())) until rtmp.ticks() >= limit
end

--- Polls until the callback has seen the state.
function face.reach(ctx, state, seen)
  face.wait(function() return seen[#seen] == state end, "state " .. state .. ", it is " .. ctx:getState())
end

--- Sets a callback that appends each state to the list that is returned.
function face.record(ctx)
  local seen = {}
  ctx:setCallback(function(state) seen[#seen + 1] = state end)
  return seen
end

--- A context that publishes, and the states that its callback has seen.
function face.publish(stream, options)
  local ctx = assert(rtmp.create(face.url(stream), options))
  local seen = face.record(ctx)
  assert(ctx:connect())
  face.reach(ctx, rtmp.STATE_PUBLISHING, seen)
  return ctx, seen
end

--- Runs fn as one test.
function face.test(name, fn)
  local ok, err = xpcall(fn, debug.traceback)
  count = count + 1
  report:write(("%s %d %s\n"):format(ok and "ok" or "not ok", count, name))
  if not ok then report:write("# " .. tostring(err):gsub("\n", "\n# ") .. "\n") end
  report:flush()
end

function face.finish()
  report:write("1.." .. count .. "\n")
  report:close()
end

return face

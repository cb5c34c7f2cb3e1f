--- Runs tests one by one, each with a fresh prelude on a fresh virtual clock, and prints a line for each: `ok N name`, or
-- `not ok N name` and the error behind `#`; at the end the plan, `1..N`.

local fake = require("fake_rtmp")

local harness = { fake = fake }

local count, failed = 0, 0

local function show(value)
  if type(value) == "string" then return ("%q"):format(value) end
  return tostring(value)
end

--- Raises unless got equals want, by value for tables (nil values count: compare tables that have a field n).
function harness.equal(got, want, where)
  where = where or "value"
  if type(got) == "table" and type(want) == "table" then
    for key, value in pairs(want) do harness.equal(got[key], value, where .. "." .. tostring(key)) end
    for key in pairs(got) do harness.equal(got[key], want[key], where .. "." .. tostring(key)) end
  elseif got ~= want then
    error(("%s: got %s, want %s"):format(where, show(got), show(want)), 0)
  end
end

--- Raises unless fn raises an error whose text contains part. Returns the error.
function harness.raises(part, fn, ...)
  local ok, err = pcall(fn, ...)
  if ok then error("no error, want one with " .. show(part), 2) end
  if not tostring(err):find(part, 1, true) then
    error(("got the error %s, want one with %s"):format(show(err), show(part)), 2)
  end
  return err
end

function harness.pack(...)
  return { n = select("#", ...), ... }
end

--- Returns a function that appends its arguments, joined by a blank, and the time to list.
function harness.recorder(list)
  return function(...)
    local words = { fake.ticks() .. ":" }
    for i = 1, select("#", ...) do words[i + 1] = tostring((select(i, ...))) end
    list[#list + 1] = table.concat(words, " ")
  end
end

--- Runs fn and returns by how many kB the live memory has grown. (LuaJIT's compiled code counts: be generous.)
function harness.growth(fn)
  local function live()
    collectgarbage()
    collectgarbage()
    return collectgarbage("count")
  end
  local before = live()
  fn()
  return live() - before
end

--- Runs fn(sys, fake), with a `sys` of its own, as one test.
function harness.test(name, fn)
  for loaded in pairs(package.loaded) do
    if loaded == "sys" or loaded == "log" or loaded:find("^luatos") then package.loaded[loaded] = nil end
  end
  fake.reset()
  package.loaded.rtmp = fake
  local ok, err = xpcall(function() fn(require("sys"), fake) end, debug.traceback)
  count = count + 1
  print(("%s %d %s"):format(ok and "ok" or "not ok", count, name))
  if not ok then
    failed = failed + 1
    print("# " .. tostring(err):gsub("\n", "\n# "))
  end
end

--- Prints the plan and ends the process: with 1 if a test has failed.
function harness.finish()
  print("1.." .. count)
  os.exit(failed == 0 and 0 or 1)
end

return harness

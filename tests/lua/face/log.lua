-- The log, where the script takes it: rtmp.setLogger, and the option name.

local rtmp = require("rtmp")
local face = require("face")
local test, equal, contains = face.test, face.equal, face.contains

-- Fails once, asks for a URL and gets none that is one, which is logged as a warning; then goes on failing.
local function complaining(name)
  local ctx = assert(rtmp.create("rtmp://" .. FACE.closed .. "/live/secret", {
    source = "none",
    name = name,
    reconnect = { min_ms = 10, max_ms = 10, url = function() return 42 end },
  }))
  assert(ctx:connect())
  return ctx
end

-- Lets a logger take the lines, and returns them.
local function taken()
  local lines = {}
  equal(rtmp.setLogger(function(...)
    local level, text = ...
    if text:find("reconnect.url", 1, true) then lines[#lines + 1] = { select("#", ...), level, text } end
  end), true)
  return lines
end

test("lines go to the script, on its own thread", function()
  local lines = taken()
  local ctx = complaining("camera 1")
  face.wait(function() return #lines > 0 end, "a line")
  equal({ lines[1][1], lines[1][2] }, { 2, "warn" })
  equal(lines[1][3]:sub(1, 10), "camera 1: ")
  contains(lines[1][3], 'why="expected a URL')
  ctx:destroy()

  ctx = complaining()
  lines = taken()
  face.wait(function() return #lines > 0 end, "a line")
  equal(lines[1][3]:find("rtmp://" .. FACE.closed .. "/live/...: ", 1, true), 1)
  equal(lines[1][3]:find("secret", 1, true), nil)
  ctx:destroy()
  equal(rtmp.setLogger(nil), true)
end)

test("an error of the logger reaches the caller of poll", function()
  local ctx, seen = complaining(), 0
  rtmp.setLogger(function() seen = seen + 1 error("raised by the logger", 0) end)
  for i = 1, 2 do
    local ok, err = pcall(face.wait, function() return false end)
    equal(ok, false)
    contains(err, "raised by the logger\nstack traceback:\n")
    equal(seen, i)
  end
  rtmp.setLogger(nil)
  ctx:destroy()
end)

test("a script that does not poll gets a bounded number of lines", function()
  local seen, counted, all = 0, nil, {}
  rtmp.setLogger(function(level, text)
    seen = seen + 1
    counted = counted or text:match("lost: .*lines=(%d+)")
  end)
  for i = 1, 100 do
    all[i] = assert(rtmp.create("rtmp://" .. FACE.closed .. "/live/x", { source = "none" }))
    assert(all[i]:connect()) -- it fails, which gives a line at least
  end
  for i = 1, #all do
    while all[i]:getState() ~= rtmp.STATE_ERROR do end
  end
  local limit = rtmp.ticks() + 300
  while rtmp.ticks() < limit do end -- the library's threads come to the end of it
  rtmp.poll(10)
  if seen == 0 or seen >= 90 then error(seen .. " lines waited") end
  all[1]:connect()
  face.wait(function() return counted end, "the number of lines that were lost")
  for i = 1, #all do all[i]:destroy() end
  rtmp.setLogger(nil)
end)

test("arguments", function()
  for _, value in ipairs({ 1, "x", true, {} }) do equal(rtmp.setLogger(value), false) end
  equal(rtmp.setLogger(), false)
  local ok, err = rtmp.create("rtmp://127.0.0.1/live/x", { name = 1 })
  equal(ok, nil)
  contains(err, "name")
  ok, err = rtmp.create("rtmp://127.0.0.1/live/x", { name = "a\nb" })
  equal(ok, nil)
  contains(err, "name")
  assert(rtmp.create("rtmp://127.0.0.1/live/x", { name = ("n"):rep(300) })):destroy()
end)

face.finish()

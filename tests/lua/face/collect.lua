-- Contexts and the garbage collector.

local rtmp = require("rtmp")
local face = require("face")
local test, equal = face.test, face.equal

local function collect()
  for _ = 1, 3 do collectgarbage() end
end

test("a context is collectable though its callbacks refer to it", function()
  local weak = setmetatable({}, { __mode = "k" })
  for _ = 1, 20 do
    local ctx = rtmp.create("rtmp://127.0.0.1/live/x")
    ctx:setCallback(function() return ctx end)
    ctx:setBitrateCallback(function() return ctx end)
    weak[ctx] = true
  end
  collect()
  equal(next(weak), nil)
end)

test("a context that is collected while it connects gives no callback", function()
  local calls = 0
  for _ = 1, 5 do
    local ctx = rtmp.create(face.silent)
    ctx:setCallback(function(state)
      calls = calls + 1
      return ctx, state
    end)
    ctx:connect()
  end
  collect()
  equal(rtmp.poll(), 0)
  equal(calls, 0)
end)

test("a context that is collected while it publishes ends its connection", function()
  do
    local ctx = face.publish("collected", { source = "clip" })
    ctx:start()
    face.wait(function() return ctx:getStats().video_frames_sent > 0 end, "media")
  end
  collect()
  local _, busy = rtmp.poll(0)
  equal(busy, 0)
end)

test("a context in use inside its own callback is not collected", function()
  local seen = {}
  do
    local ctx = rtmp.create(face.closed)
    ctx:setCallback(function(state)
      seen[#seen + 1] = state
      collect()
      ctx = nil -- the last reference from here
      collect()
    end)
    ctx:connect()
    while ctx and ctx:getState() ~= rtmp.STATE_ERROR do end
  end
  rtmp.poll(100)
  equal(seen[1] == 1 or seen[1] == nil, true)
  collect()
  rtmp.poll(0)
end)

test("what is created and dropped does not grow", function()
  local function live()
    collect()
    return collectgarbage("count")
  end
  local function churn()
    for _ = 1, 200 do
      local ctx = rtmp.create("rtmp://127.0.0.1/live/x", { metadata = { a = 1 } })
      ctx:setCallback(function() return ctx end)
    end
    collect()
  end
  churn()
  local before = live()
  for _ = 1, 10 do churn() end
  assert(live() - before < 20, "kB: " .. live() - before)
end)

if _VERSION == "Lua 5.4" then
  test("a to-be-closed context is destroyed", assert(load([[
    local rtmp, equal = require("rtmp"), require("face").equal
    local outside
    do
      local ctx <close> = rtmp.create("rtmp://127.0.0.1/live/x")
      outside = ctx
    end
    equal(tostring(outside), "rtmp_ctx (destroyed)")
  ]])))
end

-- The state closes after the last test: these run then, and must not crash, whatever is gone already.
local function at_close(fn)
  if newproxy then
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = fn
    return proxy
  end
  return setmetatable({}, { __gc = fn })
end

late = at_close(function()
  local ctx = rtmp.create(face.silent)
  if ctx then ctx:connect() end
end)
alive = rtmp.create(face.silent)
alive:connect()

face.finish()

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

-- Waits until the contexts in a table with weak keys are collected.
local function collected(weak, poll)
  local limit = rtmp.ticks() + 20000
  repeat
    if poll then rtmp.poll(5) end
    collect()
    assert(rtmp.ticks() < limit, "20 s over: a context is still held")
  until next(weak) == nil
end

local function weak_table(ctx)
  return setmetatable({ [ctx] = true }, { __mode = "k" })
end

test("a context that connects lives, though only its callback refers to it, until that has heard of the end", function()
  local seen, weak = {}, setmetatable({}, { __mode = "k" })
  for i = 1, 5 do
    local ctx = rtmp.create(face.silent, { timeout = 2000 })
    seen[i] = {}
    ctx:setCallback(function(state)
      seen[i][#seen[i] + 1] = state
      return ctx
    end)
    ctx:connect()
    weak[ctx] = true
  end
  collect()
  collected(weak, true)
  for i = 1, 5 do equal(seen[i], { 1, 2, 7 }) end
end)

test("a context that publishes goes on, though nothing refers to it", function()
  local weak
  do
    local ctx = face.publish("unreferenced", { source = "clip" })
    ctx:setCallback(nil)
    ctx:start()
    face.wait(function() return ctx:getStats().video_frames_sent > 0 end, "media")
    weak = weak_table(ctx)
  end
  collect()
  local ctx = next(weak)
  local sent = ctx:getStats().video_frames_sent
  face.wait(function() collect() return ctx:getStats().video_frames_sent > sent + 5 end, "more media")
  equal(ctx:getState(), rtmp.STATE_PUBLISHING)
  ctx:disconnect()
  ctx = nil
  collected(weak, true)
end)

test("a context that its own callback connects again lives through the end of its session", function()
  local seen, weak = {}, nil
  do
    local ctx = rtmp.create(face.closed)
    ctx:setCallback(function(state)
      seen[#seen + 1] = state
      if state == rtmp.STATE_ERROR and #seen < 10 then ctx:connect() end
      collect()
    end)
    ctx:connect()
    weak = weak_table(ctx)
  end
  collected(weak, true)
  equal(seen, { 1, 7, 1, 7, 1, 7, 1, 7, 1, 7 })
end)

test("a context that waits to reconnect lives until it gives up", function()
  local weak, errors = nil, 0
  do
    local ctx = rtmp.create(face.closed, { reconnect = { min_ms = 20, max_ms = 20, attempts = 5 } })
    ctx:setCallback(function(state) if state == rtmp.STATE_ERROR then errors = errors + 1 end end)
    ctx:connect()
    weak = weak_table(ctx)
  end
  collected(weak, true)
  equal(errors, 6)
end)

test("a context that nobody polls for is collected once its session is over", function()
  local weak = weak_table(rtmp.create(face.closed))
  next(weak):connect()
  collected(weak, false)
  local ctx = rtmp.create(face.closed)
  ctx:setCallback(function() end)
  ctx:connect()
  weak = weak_table(ctx)
  while ctx:getState() ~= rtmp.STATE_ERROR do end
  ctx = nil
  collect()
  assert(next(weak), "a callback is still waiting for it")
  collected(weak, true)
end)

test("a context that is destroyed or cannot connect is not held", function()
  local ctx = rtmp.create(face.silent)
  local weak = weak_table(ctx)
  ctx:connect()
  equal((ctx:connect()), false)
  ctx:destroy()
  ctx = rtmp.create(face.closed)
  weak[ctx] = true
  ctx:destroy()
  equal((ctx:connect()), false)
  ctx = nil
  collect()
  equal(next(weak), nil)
end)

test("a context in use inside its own callback is not collected", function()
  local seen, weak = {}, nil
  do
    local ctx = rtmp.create(face.closed)
    ctx:setCallback(function(state)
      collect()
      ctx = nil -- the last reference from here
      collect()
      seen[#seen + 1] = state
    end)
    ctx:connect()
    weak = weak_table(ctx)
    while ctx and ctx:getState() ~= rtmp.STATE_ERROR do end
  end
  collected(weak, true)
  equal(seen, { 1, 7 })
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

-- Callbacks: who gets which, when, and what may be done inside one. Most use a port where nothing listens: states 1 and 7.

local rtmp = require("rtmp")
local face = require("face")
local test, equal, contains, raises, pack = face.test, face.equal, face.contains, face.raises, face.pack

local function failing() return assert(rtmp.create(face.closed)) end

-- Polls until ctx has failed and its events are on their way, without delivering: the descriptor's business.
local function fail(ctx)
  assert(ctx:connect())
  local limit = rtmp.ticks() + 20000
  while ctx:getState() ~= rtmp.STATE_ERROR do assert(rtmp.ticks() < limit, "no ERROR") end
end

local function drain()
  local _, busy
  repeat _, busy = rtmp.poll(20) until busy == 0
end

test("a failure is told with code and text, and kept", function()
  local ctx, seen = failing(), {}
  ctx:setCallback(function(...) seen[#seen + 1] = pack(...) end)
  equal(pack(ctx:connect()), { n = 1, true })
  equal(seen, {}, "never from inside connect")
  face.wait(function() return #seen == 2 end)
  equal(seen[1], { n = 1, rtmp.STATE_CONNECTING })
  equal(seen[2].n, 3)
  equal(seen[2][1], rtmp.STATE_ERROR)
  equal(seen[2][2], -4)
  contains(seen[2][3], FACE.closed)
  equal(pack(ctx:getError()), { n = 2, seen[2][2], seen[2][3] })
  ctx:disconnect()
  drain()
  equal({ seen[3][1], seen[4][1], #seen }, { 5, 6, 4 })
  equal((ctx:getError()), -4)
  assert(ctx:connect())
  drain()
  ctx:destroy()
end)

test("connect in a wrong state returns false, a text and a code", function()
  local ctx = assert(rtmp.create(face.silent))
  assert(ctx:connect())
  local again = pack(ctx:connect())
  equal({ again.n, again[1], again[3] }, { 3, false, -1 })
  contains(again[2], "connect")
  ctx:disconnect()
  equal(ctx:getState(), rtmp.STATE_DISCONNECTED)
  ctx:destroy()
end)

test("the last callback comes before poll says that nothing is left", function()
  for i = 1, FACE.slow and 50 or 500 do
    local ctx = failing()
    local seen, _, busy = face.record(ctx), nil, nil
    ctx:connect()
    repeat _, busy = rtmp.poll(0) until busy == 0
    equal(seen, { 1, 7 }, "attempt " .. i)
    ctx:destroy()
  end
end)

test("an error in a callback reaches the caller of poll, and the rest comes later", function()
  local one, two, seen = failing(), failing(), {}
  for name, ctx in pairs({ one = one, two = two }) do
    ctx:setCallback(function(state)
      seen[#seen + 1] = state
      error(name .. " raised")
    end)
    ctx:connect()
  end
  local errors, limit = 0, rtmp.ticks() + 20000
  while errors < 4 and rtmp.ticks() < limit do
    local ok, err = pcall(rtmp.poll, 20)
    if not ok then
      contains(err, "raised")
      errors = errors + 1
    end
  end
  table.sort(seen)
  equal(seen, { 1, 1, 7, 7 })
  equal((rtmp.poll()), 0)
  local object = {}
  one:setCallback(function() error(object) end)
  one:disconnect()
  local ok, err = pcall(rtmp.poll)
  equal(ok, false)
  equal(err, object, "any value")
  one:destroy()
  two:destroy()
end)

test("an error in a callback has one traceback, of where it was raised", function()
  -- What reaches the caller of poll when a callback runs fn.
  local function raised(fn, call)
    local ctx = failing()
    ctx:setCallback(fn)
    ctx:disconnect()
    local ok, err = call()
    ctx:destroy()
    equal(ok, false)
    return err
  end
  local function poll() return pcall(rtmp.poll) end
  local function breaks() error("broken") end
  for _, call in ipairs({ poll, function() return coroutine.resume(coroutine.create(function() rtmp.poll() end)) end }) do
    local err = raised(function() breaks() return nil end, call)
    for _, part in ipairs({ "callbacks.lua:", ": broken\nstack traceback:\n", "breaks" }) do contains(err, part) end
    equal(select(2, err:gsub("stack traceback:", "")), 1, "tracebacks")
  end
  local own = "with its own\nstack traceback:\n\tthere"
  equal(raised(function() error(own, 0) end, poll), own)
  local lib = debug
  debug = nil -- luacheck: ignore
  local ok, err = pcall(raised, function() error("without", 0) end, poll)
  debug = lib -- luacheck: ignore
  equal(ok, true)
  contains(err, "without")
end)

test("setCallback(nil) and a replacement hold for what waits already", function()
  local ctx, first, second = failing(), {}, {}
  ctx:setCallback(function(state) first[#first + 1] = state end)
  ctx:disconnect()
  ctx:setCallback(nil)
  drain()
  equal(first, {})
  fail(ctx)
  ctx:setCallback(function(state) second[#second + 1] = state end)
  drain()
  equal({ first, second }, { {}, { 1, 7 } })
  ctx:destroy()
end)

test("a callback replaced by itself", function()
  local ctx, seen = failing(), {}
  ctx:setCallback(function(state)
    seen[#seen + 1] = "first " .. state
    ctx:setCallback(function(later)
      seen[#seen + 1] = "second " .. later
      ctx:setCallback(nil)
    end)
  end)
  ctx:connect()
  drain()
  ctx:disconnect()
  drain()
  equal(seen, { "first 1", "second 7" })
  ctx:destroy()
end)

test("destroy inside the callback", function()
  local ctx, seen = failing(), {}
  ctx:setCallback(function(state)
    seen[#seen + 1] = state
    ctx:destroy()
    ctx:destroy()
    equal(ctx:getState(), rtmp.STATE_IDLE)
  end)
  fail(ctx)
  drain()
  equal(seen, { 1 })
end)

test("disconnect and connect inside the callback", function()
  local ctx, seen, attempts = failing(), {}, 0
  ctx:setCallback(function(state)
    seen[#seen + 1] = state
    if state == rtmp.STATE_ERROR then
      attempts = attempts + 1
      ctx:disconnect()
      if attempts < 3 then assert(ctx:connect()) end
    end
  end)
  ctx:connect()
  drain()
  equal(seen, { 1, 7, 5, 6, 1, 7, 5, 6, 1, 7, 5, 6 })
  ctx:destroy()
end)

test("poll inside the callback delivers the rest, each event once", function()
  local ctx, seen = failing(), {}
  ctx:setCallback(function(state)
    seen[#seen + 1] = state
    while rtmp.poll(0) > 0 do end
    seen[#seen + 1] = -state
  end)
  fail(ctx)
  ctx:disconnect()
  drain()
  equal(seen, { 1, 7, 5, 6, -6, -5, -7, -1 })
  ctx:destroy()
end)

test("callbacks that cause callbacks do not keep poll for ever", function()
  local ctx, calls = assert(rtmp.create(face.silent)), 0
  ctx:setCallback(function(state)
    calls = calls + 1
    if state == rtmp.STATE_DISCONNECTED then ctx:connect() end
    if state == rtmp.STATE_CONNECTING then ctx:disconnect() end
  end)
  ctx:connect()
  local start = rtmp.ticks()
  while calls < 30 do
    rtmp.poll(100)
    assert(rtmp.ticks() - start < 20000)
  end
  ctx:destroy()
end)

test("a callback set in a coroutine that is gone", function()
  local ctx, seen = failing(), {}
  local co = coroutine.create(function()
    local upvalue = seen
    ctx:setCallback(function(state)
      upvalue[#upvalue + 1] = state
      equal(type(coroutine.running()) ~= "thread" or select(2, coroutine.running()) == true, true)
    end)
  end)
  assert(coroutine.resume(co))
  co = setmetatable({ co }, { __mode = "v" })
  collectgarbage()
  collectgarbage()
  equal(co[1], nil)
  ctx:connect()
  drain()
  equal(seen, { 1, 7 })
  ctx:destroy()
end)

test("poll in a coroutine; a callback that yields is an error there", function()
  local ctx, seen = failing(), {}
  ctx:setCallback(function(state)
    seen[#seen + 1] = state
    coroutine.yield()
  end)
  fail(ctx)
  for i = 1, 2 do
    local co = coroutine.create(function() while true do rtmp.poll(20) end end)
    local ok, err = coroutine.resume(co)
    equal(ok, false)
    contains(err, "attempt to yield")
    equal(#seen, i)
  end
  ctx:destroy()
end)

test("contexts do not get each other's events", function()
  local contexts, wrong = {}, 0
  for i = 1, 20 do
    contexts[i] = { ctx = failing(), seen = {} }
    contexts[i].ctx:setCallback(function(state) table.insert(contexts[i].seen, state) end)
    contexts[i].ctx:connect()
    if i % 3 == 0 then contexts[i].ctx:destroy() end
  end
  drain()
  for i, c in ipairs(contexts) do
    equal(c.seen, i % 3 == 0 and {} or { 1, 7 }, "context " .. i)
    c.ctx:destroy()
  end
end)

test("a script that never polls loses the oldest events, and keeps the first and the last", function()
  local ctx, seen = failing(), {}
  ctx:setCallback(function(state, ...) seen[#seen + 1] = state end)
  local limit = rtmp.ticks() + 60000
  for _ = 1, 600 do
    fail(ctx)
    ctx:disconnect()
    assert(rtmp.ticks() < limit)
  end
  equal(seen, {})
  drain()
  equal(#seen, 1024)
  equal({ seen[1], seen[1022], seen[1023], seen[1024] }, { 1, 7, 5, 6 })
  ctx:destroy()
end)

test("events stay whole while threads overflow the bus that is being read", function()
  local noisy, texts = failing(), 0
  for _ = 1, 300 do
    fail(noisy)
    noisy:disconnect()
  end
  local contexts = {}
  for i = 1, 100 do
    contexts[i] = failing()
    contexts[i]:setCallback(function(state, code, text)
      if state ~= rtmp.STATE_ERROR then return end
      texts = texts + 1
      equal(code, -4)
      contains(text, "nothing listens")
    end)
  end
  for _, ctx in ipairs(contexts) do ctx:connect() end
  drain()
  assert(texts > 0)
  for _, ctx in ipairs(contexts) do ctx:destroy() end
  noisy:destroy()
end)

face.finish()

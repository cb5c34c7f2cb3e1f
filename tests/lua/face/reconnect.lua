-- Attempts that follow each other: the option reconnect.

local rtmp = require("rtmp")
local face = require("face")
local test, equal, contains = face.test, face.equal, face.contains

local quick = { min_ms = 10, max_ms = 10 }

local function with(fields)
  for k, v in pairs(quick) do fields[k] = fields[k] or v end
  return { source = "clip", reconnect = fields }
end

test("attempts, until disconnect", function()
  local ctx = assert(rtmp.create("rtmp://" .. FACE.closed .. "/live/x", with({})))
  local seen = {}
  ctx:setCallback(function(state, code, text)
    seen[#seen + 1] = state
    if state == rtmp.STATE_ERROR then
      equal(code, -4)
      contains(text, "nothing listens")
    end
  end)
  assert(ctx:connect())
  face.wait(function() return #seen >= 6 end, "three attempts")
  ctx:disconnect()
  equal(ctx:getState(), rtmp.STATE_DISCONNECTED)
  rtmp.poll()
  equal({ seen[1], seen[2], seen[3], seen[4] }, { 1, 7, 1, 7 })
  equal({ seen[#seen - 1], seen[#seen] }, { 5, 6 })
  local _, busy = rtmp.poll()
  equal(busy, 0)
  ctx:destroy()
end)

test("attempts that are limited", function()
  local ctx = assert(rtmp.create("rtmp://" .. FACE.closed .. "/live/x", with({ attempts = 1 })))
  local seen = face.record(ctx)
  assert(ctx:connect())
  face.wait(function() return select(2, rtmp.poll()) == 0 end, "the end of it")
  equal(seen, { 1, 7, 1, 7 })
  equal(ctx:getError(), -4)
  ctx:destroy()
end)

test("a fresh URL for an attempt, asked for by the loop", function()
  local calls, inside = 0, nil
  local ctx
  ctx = assert(rtmp.create("rtmp://" .. FACE.closed .. "/live/x", with({
    url = function(...)
      calls = calls + 1
      inside = { select("#", ...), ctx:getState() }
      if calls == 1 then return end -- there is none yet
      return face.url("fresh")
    end,
  })))
  local seen = face.record(ctx)
  ctx:start()
  assert(ctx:connect())
  face.reach(ctx, rtmp.STATE_PUBLISHING, seen)
  equal(seen, { 1, 7, 1, 7, 1, 2, 3, 4 })
  equal({ calls, inside[1], inside[2] }, { 2, 0, rtmp.STATE_ERROR })
  equal(ctx:getError(), nil)
  equal(ctx:getStats().reconnects, 0, "no connection was re-established")
  face.wait(function() return ctx:getStats().video_frames_sent > 5 end, "frames")
  contains(tostring(ctx), FACE.receiver)
  ctx:disconnect()
  ctx:destroy()
end)

test("the function may end it", function()
  local done
  local ctx
  ctx = assert(rtmp.create("rtmp://" .. FACE.closed .. "/live/x", with({
    url = function()
      done = true
      ctx:destroy()
      return "rtmp://" .. FACE.closed .. "/live/y"
    end,
  })))
  assert(ctx:connect())
  face.wait(function() return done end, "the function")
  equal(ctx:getState(), 0)
end)

test("connect does not wait for the next attempt", function()
  local ctx = assert(rtmp.create("rtmp://" .. FACE.closed .. "/live/x", { reconnect = { min_ms = 3600000 } }))
  local seen = face.record(ctx)
  assert(ctx:connect())
  face.wait(function() return #seen == 2 end, "ERROR")
  assert(ctx:connect())
  face.wait(function() return #seen == 4 end, "ERROR again")
  equal(seen, { 1, 7, 1, 7 })
  ctx:destroy()
end)

face.finish()

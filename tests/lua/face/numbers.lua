-- Numbers where integers and floats have 32 bits; on larger ones the same holds, but for where integers end.

local rtmp = require("rtmp")
local face = require("face")
local media = require("media")
local test, equal, raises = face.test, face.equal, face.raises

local narrow = math.maxinteger == 0x7FFFFFFF

-- Pushes pictures, 40 ms apart, from a time on; returns the last timestamp that was sent.
local function push(from, step)
  local units = media.access_units(FACE.media .. "/slices.h264")
  local ctx = face.publish("numbers")
  local at = from
  for i = 1, #units do
    assert(ctx:sendVideo(units[i], at))
    if i < #units then at = at + step end
  end
  face.wait(function() return ctx:getStats().video_frames_sent == #units end, "all pictures")
  local last = ctx:getStats().last_video_timestamp
  ctx:destroy()
  return last, (#units - 1) * 40, at
end

test("timestamps go on over the end of the integers", function()
  local last, want, at = push(0x7FFFFFFF - 85, 40)
  equal(last, want)
  equal(at < 0, narrow)
end)

test("timestamps that a float of 32 bits cannot hold", function()
  local last, want = push(0x1000001, 40)
  equal(last, want)
end)

test("float timestamps", function()
  local last, want = push(1000.0, 40.0)
  equal(last, want)
end)

test("negative times are none, unless an integer of 32 bits has run over", function()
  local ctx = rtmp.create(face.closed)
  for _, wrong in ipairs({ -1.0, -0.5, -2.0 ^ 31 }) do raises("a time in ms", ctx.sendVideo, ctx, "x", wrong) end
  if not narrow then raises("a time in ms", ctx.sendVideo, ctx, "x", -1) end
  ctx:destroy()
end)

test("ticks are an integer and begin near zero", function()
  local ticks = rtmp.ticks()
  equal(math.type(ticks), "integer")
  assert(ticks >= 0 and ticks < 600000, ticks)
  face.sleep(20)
  assert(rtmp.ticks() - ticks >= 20 and rtmp.ticks() - ticks < 20000)
end)

test("options that a float of 32 bits cannot hold", function()
  for _, options in ipairs({ { chunk_size = 0x7FFFFFFF }, { chunk_size = 0x1000001 }, { queue_bytes = 0x3FFFFFFF } }) do
    local ctx, why = rtmp.create(face.closed, options)
    if not ctx then error(why) end
    ctx:destroy()
  end
  for _, fps in ipairs({ 29.97, 25, 23.976, 30000 / 1001 }) do
    local ctx, why = rtmp.create(face.closed, { source = { path = FACE.media .. "/bframes.h264", fps = fps } })
    if not ctx then error(why) end
    ctx:destroy()
  end
  local ctx = rtmp.create(face.closed, 0x7FFFFFFF)
  equal(ctx:getState(), 0)
  ctx:destroy()
end)

face.finish()

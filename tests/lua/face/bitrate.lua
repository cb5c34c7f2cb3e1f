-- The target for the encoder. It takes seconds: a network must become slow first.

local rtmp = require("rtmp")
local face = require("face")
local media = require("media")
local test, equal, pack = face.test, face.equal, face.pack

test("setBitrateCallback tells of a slow network", function()
  local ctx = face.publish("slow", { source = false, queue_ms = 1000 })
  local told, plain = nil, face.record(ctx)
  ctx:setBitrateCallback(function(...) told = pack(...) end)
  local units = media.access_units(FACE.media .. "/slices.h264")
  local padding = ("\0\0\1\6" .. ("x"):rep(400000)) -- supplemental information
  local start, n = rtmp.ticks(), 0
  face.wait(function()
    if rtmp.ticks() - start >= n * 40 then
      ctx:sendVideo(padding .. units[n % #units + 1], n * 40)
      n = n + 1
    end
    return told
  end, "a target")
  equal(told.n, 2)
  equal({ type(told[1]), type(told[2]) }, { "number", "number" })
  assert(told[1] > 0 and told[2] > 200, told[1] .. " kbit/s, " .. told[2] .. " ms")
  equal(plain, {})
  assert(ctx:setBitrateCallback(nil))
  ctx:destroy()
end)

face.finish()

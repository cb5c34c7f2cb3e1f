--- Pushes frames of several tracks in any codec, that the test prepared, each when its time has come.
--
--     tracks.lua URL FILE [any option of rtmp.create, name=value]
--
-- FILE holds one record a frame, little-endian: kind (1 byte, "V" or "A"), decode time and composition time (ms, 4 bytes each,
-- the second one signed), track (1 byte), codec and frame (each a length of 4 bytes and so many bytes).

local report = require("report")

local file = assert(io.open(arg[2], "rb"))
local data = file:read("a")
file:close()

local ctx = assert(rtmp.create(arg[1], report.arguments(3)))
report.states(ctx, "1")

local function push()
  local began, at = rtmp.ticks(), 1
  while at <= #data do
    local kind, dts, composition, track, codec, frame
    kind, dts, composition, track, codec, frame, at = string.unpack("<c1I4i4Bs4s4", data, at)
    local early = began + dts - rtmp.ticks()
    if early > 0 then sys.wait(math.ceil(early)) end
    if kind == "V" then
      assert(ctx:sendVideo(frame, dts, { composition_time = composition, track = track, codec = codec }))
    else
      assert(ctx:sendAudio(frame, dts, { track = track, codec = codec }))
    end
  end
end

sys.taskInit(function()
  assert(ctx:connect())
  repeat
    local _, state = sys.waitUntil("STATE")
    if state == ctx.STATE_ERROR then return end
  until state == ctx.STATE_PUBLISHING
  push()
  report.leave(ctx, "1")
end)

sys.run()
report.stats(ctx, "1")
ctx:destroy()

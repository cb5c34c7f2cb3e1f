--- Does what a camera's script would: cuts an H.264 byte stream at its access unit delimiters and AAC at its ADTS headers,
-- and pushes both in real time, the byte stream at 25 pictures a second.
--
--     camera.lua URL FILE.h264 FILE.aac

local report = require("report")

local ADTS_RATES = { [0] = 96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350 }
local SAMPLES_PER_FRAME = 1024
local FRAME_MS = 40

local function read(path)
  local file = assert(io.open(path, "rb"))
  local data = file:read("a")
  file:close()
  return data
end

--- Access units, each from its delimiter (NAL unit type 9) to the next.
local function access_units(data)
  local DELIMITER = "\0\0\0\1\9"
  local units, at = {}, 1
  while at do
    local next_at = data:find(DELIMITER, at + 1, true)
    units[#units + 1] = data:sub(at, next_at and next_at - 1)
    at = next_at
  end
  return units
end

--- ADTS frames and how long one lasts in ms.
local function adts_frames(data)
  local frames, at, duration = {}, 1, nil
  while at <= #data do
    local b2, b3, b4, b5 = data:byte(at + 2, at + 5)
    duration = SAMPLES_PER_FRAME * 1000 / ADTS_RATES[b2 >> 2 & 0xF]
    local length = (b3 & 3) << 11 | b4 << 3 | b5 >> 5
    frames[#frames + 1] = data:sub(at, at + length - 1)
    at = at + length
  end
  return frames, duration
end

local units = access_units(read(arg[2]))
local frames, frame_duration = adts_frames(read(arg[3]))

local ctx = assert(rtmp.create(arg[1]))
report.states(ctx, "1")

local function feed(began, list, duration, send)
  for i, frame in ipairs(list) do
    local time = (i - 1) * duration
    local early = began + time - rtmp.ticks()
    if early > 0 then sys.wait(math.ceil(early)) end
    assert(send(ctx, frame, math.floor(time + 0.5)))
  end
  sys.publish("FED")
end

sys.taskInit(function()
  assert(ctx:connect())
  repeat local _, state = sys.waitUntil("STATE") until state == ctx.STATE_PUBLISHING
  local began = rtmp.ticks()
  sys.taskInit(feed, began, units, FRAME_MS, ctx.sendVideo)
  sys.taskInit(feed, began, frames, frame_duration, ctx.sendAudio)
  sys.waitUntil("FED")
  sys.waitUntil("FED")
  report.leave(ctx, "1")
end)

sys.run()
report.stats(ctx, "1")
ctx:destroy()

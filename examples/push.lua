-- Pushes the pictures of a raw H.264 file, one access unit at a time, as a program does that has an encoder.
-- 逐帧推送一个 H.264 裸流文件：带编码器的程序就是这样推流的。
--
--     ffmpeg -f lavfi -i testsrc2=s=640x360:r=25 -t 10 -c:v libx264 -bf 0 -pix_fmt yuv420p camera.h264
--     ./luat examples/push.lua camera.h264 rtmp://127.0.0.1:1935/live/stream 25
--
-- For video without B-frames: decoding order is the order of display, as cameras send it.
-- 适用于没有 B 帧的视频：解码顺序就是显示顺序，摄像头即是如此。

local path, url, rate = ...
if not url then
  print("usage 用法: luat examples/push.lua FILE.h264 rtmp://HOST/APP/STREAM [FRAMES PER SECOND]")
  os.exit(2)
end
rate = tonumber(rate or 25)

-- Returns the access units of a stream in Annex B form. A new one begins with the first NAL unit that is not a slice
-- of the picture before: a delimiter, SEI or parameter set (types 6 to 9), or a slice whose first macroblock is 0.
-- 把 Annex B 码流切分成访问单元（每个单元是一帧画面）。
local function access_units(stream)
  local units, first, has_picture = {}, nil, false
  local at, next_at = stream:find("\0\0\1", 1, true)
  while at do
    -- A fourth byte of the start code belongs to it.
    local begin = at > 1 and stream:byte(at - 1) == 0 and at - 1 or at
    local kind, slice = stream:byte(next_at + 1, next_at + 2)
    kind = kind and kind % 32
    local is_slice = kind == 1 or kind == 5
    local starts = is_slice and slice and slice >= 128 or kind and kind >= 6 and kind <= 9
    if has_picture and starts then
      units[#units + 1] = stream:sub(first, begin - 1)
      first, has_picture = nil, false
    end
    first = first or begin
    has_picture = has_picture or is_slice
    at, next_at = stream:find("\0\0\1", next_at + 1, true)
  end
  if has_picture then units[#units + 1] = stream:sub(first) end
  return units
end

local file = assert(io.open(path, "rb"))
local units = access_units(file:read("*a"))
file:close()
local failure

sys.taskInit(function()
  local ctx = assert(rtmp.create(url, { source = "none" }))
  ctx:setCallback(function(state, code, message)
    if state == rtmp.STATE_PUBLISHING then
      sys.publish("READY")
    elseif state == rtmp.STATE_ERROR then
      failure = ("error 错误 %d: %s"):format(code, message)
      sys.publish("READY")
    end
  end)
  ctx:connect()
  ctx:start()

  sys.waitUntil("READY")
  local began = rtmp.ticks()
  for i, unit in ipairs(units) do
    local timestamp = math.floor((i - 1) * 1000 / rate)
    sys.wait(math.max(0, timestamp - (rtmp.ticks() - began)))
    local ok, message = ctx:sendVideo(unit, timestamp)
    if not ok then
      failure = failure or message
      break
    end
  end

  ctx:disconnect() -- sends what still waits 发完剩余数据
  print(("sent 已发送: %d of 共 %d"):format(ctx:getStats().video_frames_sent, #units))
  ctx:destroy()
end)

sys.run()
if failure then
  print(failure)
  os.exit(1)
end

-- The sample of LuatOS's documentation, call by call: publishes for some seconds and tells how it goes.
-- 与 LuatOS 文档中的示例逐个调用一致：推流若干秒，并显示过程。
--
--     ./luat examples/sample.lua
--
-- RTMP_URL      where to publish            推流地址    rtmp://127.0.0.1:1935/live/stream
-- RTMP_SECONDS  for how long                推流秒数    8
-- RTMP_SOURCE   what to publish, e.g. a file 推流内容，例如一个文件    clip

local url = os.getenv("RTMP_URL") or "rtmp://127.0.0.1:1935/live/stream"
local seconds = tonumber(os.getenv("RTMP_SECONDS") or 8)

local names = {}
for name, number in pairs(rtmp) do
  if name:match("^STATE_") then names[number] = name end
end

-- From here on `rtmp` is the context, not the module. The constants are readable on both.
-- 从这一行起，rtmp 是推流对象而不是模块；两者都可以读取状态常量。
local rtmp = assert(rtmp.create(url))
local failed = false

rtmp:setCallback(function(state, ...)
  print("state 状态: " .. names[state])
  if state == rtmp.STATE_CONNECTED then
    print("  the server accepted us 服务器已接受连接")
  elseif state == rtmp.STATE_PUBLISHING then
    print("  pictures are on their way 画面正在发送")
  elseif state == rtmp.STATE_ERROR then
    local code, message = ...
    print(("  error 错误 %d: %s"):format(code, message))
    failed = true
  end
end)

rtmp:connect()
rtmp:start()

-- Outside of a task: runs the loop for so long.
-- 在任务之外调用：在这段时间内运行消息循环。
sys.wait(seconds * 1000)

local stats, facts = rtmp:getStats(), {}
for name, value in pairs(stats) do facts[#facts + 1] = ("%-29s"):format(name .. " " .. value) end
table.sort(facts)
print("statistics 统计:")
for i = 1, #facts, 3 do
  local row = table.concat(facts, " ", i, math.min(i + 2, #facts))
  print("  " .. row:match("^(.-) *$"))
end

rtmp:stop()
rtmp:disconnect()

-- What was still waiting has been sent: these counters are final.
-- 等待中的数据已经发完，此时的计数是最终结果。
stats = rtmp:getStats()
print(("in all 总计: video_frames_sent %d, audio_frames_sent %d"):format(stats.video_frames_sent, stats.audio_frames_sent))
rtmp:destroy()

if failed then os.exit(1) end

-- Publishes a media file once, from its beginning to its end, in real time.
-- 按实际速度把一个媒体文件从头到尾推流一次。
--
--     ./luat examples/file.lua movie.mp4 rtmp://127.0.0.1:1935/live/stream

local path, url = ...
if not url then
  print("usage 用法: luat examples/file.lua FILE rtmp://HOST/APP/STREAM")
  os.exit(2)
end

local failure

-- A task: a coroutine that may wait.
-- 任务：可以等待的协程。
sys.taskInit(function()
  local ctx, message = rtmp.create(url, { source = path })
  if not ctx then
    failure = message
    return
  end

  ctx:setCallback(function(state, code, text)
    if state == rtmp.STATE_PUBLISHING then
      print("publishing 推流中: " .. tostring(ctx))
    elseif state == rtmp.STATE_ERROR then
      failure = ("error 错误 %d: %s"):format(code, text)
      sys.publish("OVER")
    elseif state == rtmp.STATE_DISCONNECTED then
      sys.publish("OVER")
    end
  end)

  ctx:connect()
  ctx:start()

  -- At the end of the file the library itself ends the stream.
  -- 文件结束时，推流自动结束。
  sys.waitUntil("OVER")
  local stats = ctx:getStats()
  print(("sent 已发送: %d pictures 帧画面, %d audio frames 帧音频, %d bytes 字节")
    :format(stats.video_frames_sent, stats.audio_frames_sent, stats.bytes_sent))
  ctx:destroy()
end)

sys.run()
if failure then
  print(failure)
  os.exit(1)
end

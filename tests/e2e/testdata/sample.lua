-- The shape of LuatOS's sample: the context hides the module, sys.wait runs outside of a task, and no source is named.
local rtmp = rtmp.create("rtmp://example.com:1935/live/stream")
rtmp:setCallback(function(state, ...)
  print("state", "1", state, ...)
  if state == rtmp.STATE_CONNECTED then
    print("connected")
  elseif state == rtmp.STATE_PUBLISHING then
    print("publishing")
  elseif state == rtmp.STATE_ERROR then
    print("failed", ...)
  end
end)
rtmp:connect()
rtmp:start()
sys.wait(4000)
rtmp:stop()
rtmp:disconnect()
rtmp:destroy()

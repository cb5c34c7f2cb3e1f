-- RTMP_SOURCE comes before the camera.
local ctx = publishing(url)
ctx:start()
loop(function() return pictures(ctx) >= 10 end)
equal("", (host.camera()))

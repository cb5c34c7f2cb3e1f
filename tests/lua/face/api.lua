-- The calls of the module and of a context that is not connected: arguments, results, life.

local rtmp = require("rtmp")
local face = require("face")
local test, equal, contains, raises, pack = face.test, face.equal, face.contains, face.raises, face.pack

local unpack = table.unpack or unpack
local URL = "rtmp://127.0.0.1/live/secret"
local CODE_FAILED, CODE_INVALID = -1, -2

local states = {
  IDLE = 0, CONNECTING = 1, HANDSHAKING = 2, CONNECTED = 3, PUBLISHING = 4, DISCONNECTING = 5, DISCONNECTED = 6, ERROR = 7,
}

test("the module is the same however it is reached", function()
  equal(require("rtmp"), rtmp)
  equal(package.loaded.rtmp, rtmp)
  equal(type(rtmp.version), "string")
  contains(rtmp.version, ".")
end)

test("the module can be opened again", function()
  local ctx = rtmp.create(face.closed)
  local seen = face.record(ctx)
  package.loaded.rtmp = nil
  local opened, again = pcall(require, "rtmp")
  package.loaded.rtmp = rtmp
  if not opened then return end -- linked into its host, which opens it once
  equal(again.fd(), rtmp.fd())
  ctx:connect()
  face.wait(function() again.poll(20) return #seen == 2 end)
  ctx:destroy()
end)

test("states are readable on module and context", function()
  local ctx = rtmp.create(URL)
  for name, number in pairs(states) do
    equal(rtmp["STATE_" .. name], number, name)
    equal(ctx["STATE_" .. name], number, name)
  end
  equal(ctx.STATE_NONSENSE, nil)
  ctx:destroy()
  equal(ctx.STATE_ERROR, 7)
end)

test("create returns a context in IDLE", function()
  for _, second in ipairs({ false, 0, 3, -1, 1e300, -1e300, 0 / 0 }) do
    local made = pack(rtmp.create(URL, second or nil))
    equal(made.n, 1)
    equal(type(made[1]), "userdata")
    equal(made[1]:getState(), rtmp.STATE_IDLE)
  end
end)

test("create refuses a bad URL with nil, a text and a code", function()
  for _, bad in ipairs({ "", "x", "http://h/live/s", "rtmp://h", "rtmp://h/", "rtmp://h/?key=k", "rtmp:///live/s", "rtmp://h:0/live/s",
    "rtmp://h:99999/live/s", "rtmp://h/live/a b", "rtmpt://h/live/s", "rtmps://h", "rtmp://h/" .. ("x"):rep(100000) .. "/s", 1935 }) do
    local result = pack(rtmp.create(bad))
    equal(result.n, 3)
    equal(result[1], nil)
    equal(result[3], CODE_INVALID)
    contains(result[2], "URL")
    contains(result[2], "options app and stream")
  end
end)

test("what is wrong with a URL is told without its secrets", function()
  for _, bad in ipairs({ "hunter2hunter2://h/live/s", "rtmp://bob:hunter2hunter2/live/s", "rtmp://bob:hunter2hunter2:h/live/s",
    "rtmp://hunter2hunter2:/live/s", "rtmp://[hunter2hunter2]/live/s", "rtmp://hunter2hunter2%zz/live/s",
    "rtmp://h/?key=hunter2hunter2", "rtmp://h/live/hunter2hunter2 ", "rtmp://bob:hunter2hunter2/x@h/live/s" }) do
    local _, why = rtmp.create(bad)
    contains(why, "URL")
    equal(why:find("hunter", 1, true), nil)
  end
end)

test("create raises for wrong types", function()
  raises("(string expected, got no value)", rtmp.create)
  raises("string expected, got nil", rtmp.create, nil)
  raises("string expected, got table", rtmp.create, {})
  raises("bad argument #1 to 'create' (URL contains a zero byte)", rtmp.create, URL .. "\0x")
end)

-- LuatOS's component ignores a second argument that is no adapter; that it is no source either is told in the log.
test("create ignores a second argument of another type", function()
  for _, ignored in ipairs({ "x", "movie.mp4", true, false, print, io.stdout }) do
    local ctx = assert(rtmp.create(URL, ignored))
    equal(ctx:getState(), 0)
    ctx:destroy()
  end
end)

test("bad arguments name the function, however it is called", function()
  local ctx = rtmp.create(URL)
  local function called(fn, ...) return fn(...) end -- a tail call, by another name
  for _, call in ipairs({ pcall, function(fn, ...) return pcall(called, fn, ...) end }) do
    for _, ca in ipairs({
      { "bad argument #1 to 'create' (string expected, got nil)", rtmp.create },
      { "bad argument #1 to 'poll' (number expected, got string)", rtmp.poll, "soon" },
      { "bad argument #1 to 'poll' (a time in ms, from 0, expected)", rtmp.poll, -1 },
      { "bad argument #1 to 'stateName' (number expected, got nil)", rtmp.stateName, nil },
      { "bad argument #1 to 'connect' (rtmp_ctx expected, got nil)", ctx.connect },
      { "bad argument #1 to 'destroy' (rtmp_ctx expected, got string)", ctx.destroy, "x" },
      { "bad argument #2 to 'setMetadata' (table expected)", ctx.setMetadata, ctx, 1 },
      { "bad argument #2 to 'sendVideo' (string expected, got nil)", ctx.sendVideo, ctx, nil, 0 },
      { "bad argument #3 to 'sendVideo' (number expected, got table)", ctx.sendVideo, ctx, "x", {} },
      { "bad argument #3 to 'sendAudio' (a time in ms, from 0, expected)", ctx.sendAudio, ctx, "x", -1.5 },
      { "bad argument #4 to 'sendAudio' (a table of options expected)", ctx.sendAudio, ctx, "x", 0, 5 },
    }) do
      local result = pack(call(unpack(ca, 2, 6)))
      equal(result[1], false)
      contains(result[2], ca[1])
    end
  end
  raises("bad argument #2 to 'sendVideo' (number expected, got string)", function() ctx:sendVideo("x", "soon") end)
  raises("bad argument #1 to 'setMetadata' (table expected)", function() ctx:setMetadata() end)
end)

test("states have names", function()
  equal(rtmp.stateName(rtmp.STATE_PUBLISHING), "publishing")
  equal(rtmp.stateName(0), "idle")
  for _, other in ipairs({ 8, -1, 0.5, 1e300, -1e300, 1 / 0, 0 / 0 }) do equal(rtmp.stateName(other), "unknown") end
end)

test("any number of contexts", function()
  local all = {}
  for i = 1, 200 do all[i] = assert(rtmp.create(URL)) end
  for i = 1, 200 do equal(all[i]:getState(), 0) all[i]:destroy() end
end)

test("poll checks its argument", function()
  equal((rtmp.poll()), 0)
  equal((rtmp.poll(0)), 0)
  equal((rtmp.poll(nil)), 0)
  equal((rtmp.poll(0.5)), 0)
  raises("bad argument #1", rtmp.poll, -1)
  raises("bad argument #1", rtmp.poll, 0 / 0)
  raises("number expected", rtmp.poll, "soon")
  raises("number expected", rtmp.poll, {})
end)

test("fd and ticks", function()
  equal(rtmp.fd() % 1, 0)
  assert(rtmp.fd() > 2)
  local t = rtmp.ticks()
  assert(rtmp.ticks() >= t and rtmp.ticks() < t + 60000)
end)

test("a wrong self raises", function()
  local ctx = rtmp.create(URL)
  raises("bad argument #1 to 'connect' (rtmp_ctx expected, got no value)", function() ctx.connect() end)
  raises("rtmp_ctx expected, got ", ctx.connect, io.stdout)
  for _, method in ipairs({ "setCallback", "setBitrateCallback", "setSource", "setMetadata", "connect", "disconnect", "start", "stop",
    "sendVideo", "sendAudio", "getState", "getStats", "getError", "destroy" }) do
    raises("rtmp_ctx expected", ctx[method])
    raises("rtmp_ctx expected", ctx[method], {})
    raises("rtmp_ctx expected", ctx[method], 1, 2, 3)
  end
  raises("rtmp_ctx expected", getmetatable(ctx).__gc, nil)
  raises("rtmp_ctx expected", getmetatable(ctx).__tostring, rtmp)
end)

test("setCallback takes functions and nil", function()
  for _, method in ipairs({ "setCallback", "setBitrateCallback" }) do
    local ctx = rtmp.create(URL)
    equal(pack(ctx[method](ctx, print)), { n = 1, true })
    equal(pack(ctx[method](ctx, function() end)), { n = 1, true })
    equal(pack(ctx[method](ctx, nil)), { n = 1, true })
    for _, wrong in ipairs({ 1, "x", {}, true, coroutine.create(function() end), ctx, setmetatable({}, { __call = print }) }) do
      equal(pack(ctx[method](ctx, wrong)), { n = 1, false })
    end
    equal(pack(ctx[method](ctx)), { n = 1, false })
    ctx:destroy()
  end
end)

test("results of a context that is not connected", function()
  local ctx = rtmp.create(URL)
  equal(pack(ctx:start()), { n = 0 })
  equal(pack(ctx:stop()), { n = 0 })
  equal(pack(ctx:getState()), { n = 1, 0 })
  equal(pack(ctx:getError()), { n = 1 })
  equal(pack(ctx:disconnect()), { n = 1, true })
  equal(ctx:getState(), rtmp.STATE_DISCONNECTED)
  equal(pack(ctx:disconnect()), { n = 1, true })
  equal(pack(ctx:destroy()), { n = 0 })
end)

test("disconnect while idle tells of DISCONNECTED once", function()
  local ctx = rtmp.create(URL)
  local seen = face.record(ctx)
  for _ = 1, 3 do ctx:disconnect() end
  equal(seen, {})
  while rtmp.poll() > 0 do end
  equal(seen, { 6 })
  ctx:destroy()
end)

test("everything is safe after destroy", function()
  local ctx = rtmp.create(URL)
  ctx:destroy()
  for _ = 1, 2 do
    local refused = pack(ctx:connect())
    equal(refused.n, 3)
    equal(refused[1], false)
    contains(refused[2], "destroyed")
    equal(refused[3], CODE_FAILED)
    equal(pack(ctx:disconnect()), { n = 1, true })
    equal(pack(ctx:start()), { n = 0 })
    equal(pack(ctx:stop()), { n = 0 })
    equal(ctx:getState(), rtmp.STATE_IDLE)
    equal(ctx:getStats().bytes_sent, 0)
    equal(pack(ctx:getError()), { n = 1 })
    equal(ctx:setCallback(print), true)
    equal(ctx:setBitrateCallback(print), true)
    equal((ctx:setSource("clip")), false)
    equal((ctx:setMetadata({})), false)
    equal((ctx:sendVideo("x", 0)), false)
    equal((ctx:sendAudio("x", 0)), false)
    equal(tostring(ctx), "rtmp_ctx (destroyed)")
    equal(pack(ctx:destroy()), { n = 0 })
    getmetatable(ctx).__gc(ctx)
    getmetatable(ctx).__close(ctx)
  end
end)

test("tostring masks the stream key", function()
  local ctx = rtmp.create("rtmp://127.0.0.1:1935/app/deep/secret?token=hidden")
  equal(tostring(ctx), "rtmp_ctx (idle rtmp://127.0.0.1/app/deep/...)")
  ctx:destroy()
end)

test("getStats has LuatOS's keys and ours", function()
  local ctx = rtmp.create(URL)
  local types = { video_codec = "string", audio_codec = "string" }
  for key in ([[bytes_sent video_frames_sent audio_frames_sent connection_time packets_sent last_video_timestamp last_audio_timestamp
    i_frames p_frames i_bytes p_bytes audio_bytes dropped_frames dropped_bytes queue_ms queue_bytes send_kbps reconnects
    width height]]):gmatch("%S+") do types[key] = "number" end
  local got = {}
  for key, value in pairs(ctx:getStats()) do
    got[key] = type(value)
    if math.type and got[key] == "number" then equal(math.type(value), "integer", key) end
  end
  equal(got, types)
  ctx:destroy()
end)

test("sendVideo and sendAudio check their arguments", function()
  local ctx = rtmp.create(URL)
  for _, method in ipairs({ "sendVideo", "sendAudio" }) do
    local send = ctx[method]
    raises("string expected, got no value", send, ctx)
    raises("string expected, got table", send, ctx, {}, 0)
    raises("number expected, got no value", send, ctx, "x")
    raises("number expected, got string", send, ctx, "x", "soon")
    for _, wrong in ipairs({ -1.0, -0.5, 0 / 0, 1 / 0, -1 / 0, 2 ^ 53 }) do raises("a time in ms", send, ctx, "x", wrong) end
    raises("a table of options expected", send, ctx, "x", 0, "h264")
  end
  ctx:destroy()
end)

test("what cannot be sent is refused with false, a text and a code", function()
  local ctx = rtmp.create(URL)
  local key = "\0\0\0\1\101\136\128" -- an IDR slice
  local function refused(part, code, result)
    equal(result.n, 3)
    equal(result[1], false)
    contains(result[2], part)
    equal(result[3], code)
  end
  refused("not publishing", CODE_FAILED, pack(ctx:sendVideo(key, 0)))
  refused("not publishing", CODE_FAILED, pack(ctx:sendVideo(key, 33.4, { codec = "h264", composition_time = 40 })))
  refused("not publishing", CODE_FAILED, pack(ctx:sendVideo(key, 2 ^ 52)))
  refused("start code", CODE_INVALID, pack(ctx:sendVideo("no start codes", 0)))
  refused("empty", CODE_INVALID, pack(ctx:sendVideo("", 0)))
  refused("empty", CODE_INVALID, pack(ctx:sendAudio("", 0)))
  refused("AudioSpecificConfig", CODE_INVALID, pack(ctx:sendAudio("raw", 0)))
  refused("configuration", CODE_INVALID, pack(ctx:sendAudio("raw", 0, { config = "" .. "\255" })))
  refused("more than", -8, pack(ctx:sendVideo(("x"):rep(20 * 1024 * 1024), 0)))
  refused("more than", -8, pack(ctx:sendAudio(("x"):rep(20 * 1024 * 1024), 0)))
  refused("vp8 frame", CODE_INVALID, pack(ctx:sendVideo(key, 0, { codec = "vp8" })))
  refused("MP3", CODE_INVALID, pack(ctx:sendAudio(key, 0, { codec = "mp3" })))
  for _, name in ipairs({ "h265", "H264", "aac", ("x"):rep(1000) }) do
    refused("h264, hevc, av1, vp9, vp8", CODE_INVALID, pack(ctx:sendVideo(key, 0, { codec = name })))
  end
  for _, name in ipairs({ "AAC", "hevc", "g711", ("x"):rep(1000) }) do
    refused("aac, mp3, opus, flac, ac3, eac3, pcma, pcmu", CODE_INVALID, pack(ctx:sendAudio(key, 0, { codec = name })))
  end
  for _, name in ipairs({ "", "h264\0", "\0" }) do
    refused("'codec'", CODE_INVALID, pack(ctx:sendVideo(key, 0, { codec = name })))
    refused("'codec'", CODE_INVALID, pack(ctx:sendAudio(key, 0, { codec = name })))
  end
  for _, track in ipairs({ -1, 256, 0.5, 0 / 0, 1 / 0, -1 / 0 }) do
    refused("'track'", CODE_INVALID, pack(ctx:sendVideo(key, 0, { track = track })))
    refused("'track'", CODE_INVALID, pack(ctx:sendAudio(key, 0, { track = track })))
  end
  refused("'track': number expected, got string", CODE_INVALID, pack(ctx:sendVideo(key, 0, { track = "1" })))
  refused("no FourCC", CODE_INVALID, pack(ctx:sendAudio(key, 0, { codec = "pcmu", track = 255 })))
  refused("video configuration", CODE_INVALID, pack(ctx:sendVideo(key, 0, { config = "\1" })))
  refused("STREAMINFO", CODE_INVALID, pack(ctx:sendAudio("\255\248\201\8\0\0", 0, { codec = "flac" })))
  refused("'composition_time'", CODE_INVALID, pack(ctx:sendAudio(key, 0, { composition_time = 0 })))
  refused("av1 has none", CODE_INVALID, pack(ctx:sendVideo(key, 0, { codec = "av1", composition_time = 40 })))
  refused("'speed'", CODE_INVALID, pack(ctx:sendVideo(key, 0, { speed = 1 })))
  refused("'speed'", CODE_INVALID, pack(ctx:sendAudio(key, 0, { speed = 1 })))
  refused("number", CODE_INVALID, pack(ctx:sendVideo(key, 0, { "h264" })))
  refused("'codec': string expected, got number", CODE_INVALID, pack(ctx:sendVideo(key, 0, { codec = 264 })))
  refused("'config': string expected, got boolean", CODE_INVALID, pack(ctx:sendAudio(key, 0, { config = true })))
  for _, wrong in ipairs({ 0 / 0, 1 / 0, -8388609, 8388608 }) do
    refused("'composition_time'", CODE_INVALID, pack(ctx:sendVideo(key, 0, { composition_time = wrong })))
  end
  ctx:destroy()
end)

face.finish()

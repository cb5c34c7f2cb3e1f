-- Publishing to a server: states, statistics, sources, pushed frames.

local rtmp = require("rtmp")
local face = require("face")
local media = require("media")
local test, equal, contains, pack = face.test, face.equal, face.contains, face.pack

test("the states of a success, and of a wanted end", function()
  local ctx, seen = face.publish("states", { source = "clip" })
  ctx:start()
  face.wait(function() return ctx:getStats().video_frames_sent >= 5 end, "frames")
  contains(tostring(ctx), "rtmp_ctx (publishing rtmp://" .. FACE.receiver .. "/live/...)")
  local stats = ctx:getStats()
  assert(stats.bytes_sent > 1000 and stats.connection_time >= 0 and stats.i_frames >= 1 and stats.packets_sent > 5)
  equal({ stats.video_codec, stats.audio_codec, stats.reconnects }, { "h264", "aac", 0 })
  assert(stats.width > 0 and stats.height > 0)
  assert(stats.rtt_ms > 0, "it is measured on a connection that is up")
  equal(pack(ctx:stop()), { n = 0 })
  local sent = ctx:getStats().video_frames_sent
  face.sleep(150)
  assert(ctx:getStats().video_frames_sent - sent <= 1, "frames after stop")
  equal(ctx:getState(), rtmp.STATE_PUBLISHING)
  ctx:start()
  face.wait(function() return ctx:getStats().video_frames_sent > sent + 3 end, "frames after the second start")
  ctx:disconnect()
  equal(ctx:getState(), rtmp.STATE_DISCONNECTED)
  equal(ctx:getStats().connection_time, 0)
  rtmp.poll()
  equal(seen, { 1, 2, 3, 4, 5, 6 })
  equal(pack(ctx:getError()), { n = 1 })
  ctx:destroy()
  rtmp.poll()
  equal(#seen, 6)
end)

test("start before connect, and a second connection", function()
  local ctx = assert(rtmp.create(face.url("twice"), { source = "clip" }))
  local seen = face.record(ctx)
  ctx:start()
  local frames = 0
  for _ = 1, 2 do
    assert(ctx:connect())
    face.reach(ctx, rtmp.STATE_PUBLISHING, seen)
    face.wait(function() return ctx:getStats().video_frames_sent > frames + 3 end, "frames")
    ctx:disconnect()
    frames = ctx:getStats().video_frames_sent
  end
  rtmp.poll()
  equal(seen, { 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6 })
  ctx:destroy()
end)

test("destroy while publishing gives no callback", function()
  local ctx, seen = face.publish("destroyed", { source = "clip" })
  ctx:start()
  ctx:destroy()
  rtmp.poll(50)
  equal(seen, { 1, 2, 3, 4 })
  equal(ctx:getState(), rtmp.STATE_IDLE)
end)

test("disconnect, connect and destroy inside callbacks", function()
  local seen = {}
  local ctx = assert(rtmp.create(face.url("inside"), { source = "clip" }))
  ctx:setCallback(function(state)
    seen[#seen + 1] = state
    if state == rtmp.STATE_CONNECTED then ctx:start() end
    if state == rtmp.STATE_PUBLISHING then ctx:disconnect() end
    if state == rtmp.STATE_DISCONNECTED and #seen < 12 then ctx:connect() end
    if #seen == 12 then ctx:destroy() end
  end)
  ctx:connect()
  face.wait(function() return #seen == 12 end, "two rounds")
  equal(seen, { 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6 })
end)

test("a refusal has the server's text", function()
  local ctx, why = assert(rtmp.create(face.url("deny"))), nil
  ctx:setCallback(function(state, code, text) why = state == rtmp.STATE_ERROR and { code, text } or why end)
  ctx:connect()
  face.wait(function() return why end, "ERROR")
  equal(why[1], -1)
  contains(why[2], "NetStream.Publish")
  equal(pack(ctx:getError()), { n = 2, why[1], why[2] })
  ctx:destroy()
end)

test("a server that closes while publishing is an error", function()
  local ctx, seen = face.publish("cut1", { source = "clip" })
  ctx:start()
  face.reach(ctx, rtmp.STATE_ERROR, seen)
  equal(seen, { 1, 2, 3, 4, 7 })
  equal((ctx:getError()), -6)
  ctx:destroy()
end)

test("the end of a file ends the stream", function()
  local ctx, seen = face.publish("file", { source = { path = FACE.media .. "/slices.h264", fps = 200, loop = false } })
  ctx:start()
  face.reach(ctx, rtmp.STATE_DISCONNECTED, seen)
  equal(seen, { 1, 2, 3, 4, 5, 6 })
  ctx:destroy()
end)

test("setSource and setMetadata while publishing", function()
  local ctx = face.publish("switch", { source = false, metadata = { title = "first" } })
  ctx:start()
  face.sleep(150)
  equal(ctx:getStats().video_frames_sent, 0, "frames of no source")
  assert(ctx:setSource("clip"))
  face.wait(function() return ctx:getStats().video_frames_sent > 3 end, "frames of the clip")
  local width = ctx:getStats().width
  assert(ctx:setMetadata({ title = "second" }))
  assert(ctx:setSource({ path = FACE.media .. "/bframes.flv", loop = true }))
  face.wait(function() return ctx:getStats().width ~= width end, "the other picture")
  equal(ctx:setSource("/no/such/file"), false)
  local frames = ctx:getStats().video_frames_sent
  face.wait(function() return ctx:getStats().video_frames_sent > frames + 3 end, "frames after a wrong source")
  ctx:destroy()
end)

test("pushed frames switch the source off", function()
  local ctx = face.publish("pushed", { source = "clip" })
  ctx:start()
  face.wait(function() return ctx:getStats().video_frames_sent > 0 end, "the clip")
  local units = media.access_units(FACE.media .. "/slices.h264")
  assert(#units > 5)
  assert(ctx:sendVideo(units[1], 1000.25, { codec = "h264", composition_time = 0 }))
  local before -- all that was on its way
  repeat
    before = ctx:getStats().video_frames_sent
    face.sleep(100)
  until ctx:getStats().video_frames_sent == before
  for i = 2, #units do assert(ctx:sendVideo(units[i], 1000.25 + i * 40)) end
  local tone = media.read(FACE.media .. "/tone.aac")
  assert(ctx:sendAudio(tone, 1000, { codec = "aac" }))
  face.wait(function() return ctx:getStats().video_frames_sent == before + #units - 1 end, "the pushed frames")
  face.sleep(200)
  equal(ctx:getStats().video_frames_sent, before + #units - 1, "frames of the source")
  ctx:destroy()
end)

test("raw AAC with its configuration", function()
  local ctx = face.publish("raw", { source = false })
  local refused = pack(ctx:sendAudio("raw", 0))
  equal({ refused.n, refused[1], refused[3] }, { 3, false, -2 })
  assert(ctx:sendAudio("raw", 0, { config = "\18\16" }))
  assert(ctx:sendAudio("raw", 2 ^ 32))
  face.wait(function() return ctx:getStats().audio_frames_sent == 2 end, "audio")
  equal(ctx:getStats().audio_codec, "aac")
  ctx:destroy()
end)

local unhex = media.unhex
local hevc_config = unhex("0101600000009000000000003cf000fcfdf8f800000f03a00001001840010c01ffff01600000030090000003000003003c959409"
  .. "a10001002b42010101600000030090000003000003003ca00a080c1f3e595952930bc05a020000030002000003003210a2000100064401c073c189")
local hevc_idr, hevc_trail = unhex("000000012801ac74c2ea8bd26089a52740a0"), unhex("000000010201d02149883a61501b5e4228cb")
local av1_key = unhex("12000a0a00000002afff9b5f2008320c10009680000200000000ec84")
local opus_head, opus = unhex("4f707573486561640102380180bb0000000000"), unhex("fcfffe")

test("other codecs, and several tracks", function()
  local ctx = face.publish("codecs", { source = false, enhanced = "v2" })
  assert(ctx:sendVideo(hevc_idr, 0, { codec = "hevc", config = hevc_config }))
  assert(ctx:sendVideo(hevc_trail, 40, { composition_time = 80 }))
  assert(ctx:sendAudio(opus, 0, { codec = "opus", config = opus_head }))
  assert(ctx:sendAudio(opus, 20))
  assert(ctx:sendVideo(av1_key, 40, { track = 1 }))
  assert(ctx:sendAudio("raw", 40, { config = "\18\16", track = 255 }))
  face.wait(function() return ctx:getStats().audio_frames_sent == 3 end, "audio")
  local stats = ctx:getStats()
  equal({ stats.video_codec, stats.audio_codec, stats.width, stats.video_frames_sent }, { "hevc", "opus", 320, 3 })
  ctx:destroy()
end)

test("a codec that the server did not declare", function()
  local ctx, seen = face.publish("undeclared", { source = false })
  assert(ctx:sendVideo(av1_key, 0))
  local result = pack(ctx:sendAudio(opus, 0, { codec = "opus" }))
  equal({ result.n, result[1], result[3] }, { 3, false, -1 })
  contains(result[2], "the server does not take opus over RTMP (it declared no audio FourCCs): send AAC")
  face.reach(ctx, rtmp.STATE_ERROR, seen)
  equal(pack(ctx:getError()), { n = 2, -1, result[2] })
  ctx:destroy()
end)

test("silent audio", function()
  local ctx = face.publish("silent", { source = { path = FACE.media .. "/slices.h264", fps = 100, loop = true }, silent_audio = true })
  ctx:start()
  face.wait(function() return ctx:getStats().audio_frames_sent > 3 end, "silence")
  equal(ctx:getStats().audio_codec, "aac")
  ctx:destroy()
end)

face.finish()

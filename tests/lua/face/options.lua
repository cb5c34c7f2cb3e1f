-- Options of create, sources and metadata.

local rtmp = require("rtmp")
local face = require("face")
local test, equal, contains, raises, pack = face.test, face.equal, face.contains, face.raises, face.pack

local URL = "rtmp://127.0.0.1/live/key"
local CODE_INVALID, CODE_TOO_LARGE = -2, -8

local function refused(options, ...)
  local result = pack(rtmp.create(URL, options))
  equal(result.n, 3, "results of create")
  equal(result[1], nil)
  equal(result[3], CODE_INVALID)
  for _, part in ipairs({ ... }) do contains(result[2], part) end
end

test("good options", function()
  for _, options in ipairs({
    {},
    { timeout = 1000 }, { queue_ms = 500 }, { queue_bytes = 65536 }, { chunk_size = 128 }, { bitrate_floor = 100 }, { chunk_size = 0x7FFFFFFF },
    { app = "other/app" }, { stream = "other?token=1" }, { bind = "127.0.0.1" }, { bind = "eth0" }, { redirect = "any" }, { redirect = "same" }, { redirect = "off" }, { app = "", stream = "" }, { flash_ver = "x" }, { tc_url = "rtmp://x/y" },
    { reconnect = true }, { reconnect = false }, { reconnect = {} },
    { reconnect = { min_ms = 10, max_ms = 20, attempts = 1, url = function() end } },
    { hevc = "legacy" }, { hevc = "enhanced" }, { silent_audio = true }, { silent_audio = false }, { enhanced = "v2" }, { enhanced = "declared" },
    { enhanced = "auto" }, { enhanced = "on" }, { enhanced = "off" }, { audio_optional = true }, { audio_optional = false },
    { tls = {} }, { tls = { server_name = "cdn.example", insecure = true } }, { tls = { insecure = false } },
    { metadata = { title = "t", number = 1.5, flag = false } }, { metadata = {} },
    { source = "clip" }, { source = "none" }, { source = false }, { source = "clip?loop=1" },
    { source = { path = FACE.media .. "/bframes.flv" } }, { source = { path = "clip", loop = true } },
    { source = { path = FACE.media .. "/bframes.h264", fps = 30, loop = false } },
    { timeout = 1000, queue_ms = 500, source = { path = "clip", loop = true }, metadata = { a = 1, b = "2" }, chunk_size = 4096 },
  }) do
    local ctx, why = rtmp.create(URL, options)
    if not ctx then error(why) end
    equal(ctx:getState(), 0)
    ctx:destroy()
  end
end)

test("a URL without a stream takes app and stream from the options", function()
  local ctx = assert(rtmp.create("rtmp://127.0.0.1", { app = "a", stream = "s" }))
  equal(tostring(ctx), "rtmp_ctx (idle rtmp://127.0.0.1/a/...)")
  ctx = assert(rtmp.create("rtmp://127.0.0.1/live2", { stream = "s" }))
  equal(tostring(ctx), "rtmp_ctx (idle rtmp://127.0.0.1/live2/...)")
  assert(rtmp.create("rtmp://127.0.0.1", { app = "", stream = "s" }))
  assert(rtmp.create("rtmp://127.0.0.1/cam"))
end)

test("unknown options are named", function()
  refused({ bitrate = 1 }, "unknown option 'bitrate'; expected one of source, reconnect, tls, timeout, ", "bitrate_floor", "audio_optional")
  refused({ Timeout = 1000 }, "unknown option", "Timeout")
  refused({ ["timeout\0"] = 1000 }, "timeout")
  refused({ [""] = 1 }, "unknown option")
  refused({ 5000 }, "names are strings, got a number")
  refused({ [true] = 1 }, "names are strings, got a boolean")
end)

test("names and values are cut in messages", function()
  local long = ("n"):rep(250)
  local cut = ("n"):rep(200) .. "..."
  refused({ [long] = 1 }, "unknown option '" .. cut .. "'; expected one of")
  refused({ hevc = long }, '"' .. cut .. '"', 'expected "enhanced" or "legacy"')
  refused({ reconnect = { [long] = 1 } }, "field '" .. cut .. "' with a number; expected min_ms")
  refused({ tls = { [long] = 1 } }, "field '" .. cut .. "' with a number; expected ca")
  refused({ tls = { ca = long } }, cut .. ": ", "no such file")
  refused({ source = { path = "clip", [long] = {} } }, "field '" .. cut .. "' with a table; expected path")
  refused({ source = { path = "clip", [long] = 1 } }, cut, "expected loop or fps")
  refused({ source = ("/no"):rep(300) }, "...: no such file")
  refused({ metadata = { [long] = {} } }, "field '" .. cut .. "' is a table")
  local ctx = rtmp.create(URL)
  for _, send in ipairs({ ctx.sendVideo, ctx.sendAudio }) do
    local ok, why = send(ctx, "x", 0, { [long] = 1 })
    equal(ok, false)
    contains(why, "unknown option '" .. cut .. "'; expected codec, config, track")
    ok, why = send(ctx, "x", 0, { codec = long })
    equal(ok, false)
    contains(why, "codec")
    assert(#why < 500)
  end
  for _, odd in ipairs({ "\n\27[31m", "\127" }) do
    local _, why = rtmp.create(URL, { [odd] = 1 })
    equal(why:find("%c"), nil)
  end
end)

test("a live source that cannot be received is refused", function()
  refused({ source = "rtp://127.0.0.1:5004" }, "parameter codec")
  refused({ source = "camera.sdp" }, "camera.sdp", "no such file")
end)

test("bind: what is wrong is named", function()
  for _, wrong in ipairs({ "", "127.0.0.1:80", "[::1]", "a b" }) do
    refused({ bind = wrong }, '"bind"', "IP address of this machine", "network interface")
  end
  refused({ bind = 0 }, "bind", "string expected, got number")
end)

test("redirect: what is wrong is named", function()
  refused({ redirect = "none" }, "redirect", '"any", "same" or "off"')
  refused({ redirect = false }, "redirect", "string expected, got boolean")
end)

test("reconnect: what is wrong is named", function()
  refused({ reconnect = 1 }, "reconnect", "boolean or table expected, got number")
  refused({ reconnect = "true" }, "reconnect", "got string")
  refused({ reconnect = { min_ms = 1 } }, "reconnect_min_ms", "10 to")
  refused({ reconnect = { max_ms = "10" } }, "max_ms", "string")
  refused({ reconnect = { attempts = -1 } }, "reconnect_attempts")
  refused({ reconnect = { url = "rtmp://h/a/b" } }, "url (function)")
  refused({ reconnect = { tries = 1 } }, "'tries'")
  refused({ reconnect = { 1 } }, "reconnect", "field")
end)

test("tls: what is wrong is named", function()
  refused({ tls = true }, "tls", "table expected, got boolean")
  refused({ tls = { ca = "/no/such.pem" } }, "tls_ca", "/no/such.pem", "no such file")
  refused({ tls = { ca = FACE.media .. "/bframes.h264" } }, "tls_ca", "no certificate in")
  refused({ tls = { ca = "a\0b" } }, "tls", "zero byte")
  refused({ tls = { ca = 1 } }, "'ca' with a number")
  refused({ tls = { server_name = "" } }, "tls_server_name")
  refused({ tls = { insecure = "true" } }, "'insecure' with a string", "insecure (boolean)")
  refused({ tls = { verify = false } }, "'verify'")
  refused({ tls = { true } }, "tls", "field")
end)

test("what may be secret is not repeated", function()
  for _, name in ipairs({ "app", "stream", "tc_url", "source" }) do
    local ctx, why = rtmp.create("rtmp://h/a/b", { [name] = "s3cretkey\0" })
    assert(ctx == nil and why:find(name, 1, true) and why:find("zero byte", 1, true), why)
    assert(not why:find("s3cretkey", 1, true), why)
  end
end)

test("values of the wrong type are named", function()
  for _, name in ipairs({ "timeout", "queue_ms", "queue_bytes", "chunk_size" }) do
    for _, wrong in ipairs({ "1000", true, {}, print }) do
      refused({ [name] = wrong }, "option '" .. name .. "': number expected, got " .. type(wrong))
    end
  end
  for _, name in ipairs({ "app", "stream", "flash_ver", "tc_url" }) do
    for _, wrong in ipairs({ 1, true, {}, print }) do
      refused({ [name] = wrong }, "option '" .. name .. "': string expected, got " .. type(wrong))
    end
  end
  refused({ hevc = true }, "option 'hevc': string expected, got boolean")
  refused({ hevc = "old" }, "hevc", '"enhanced" or "legacy"')
  refused({ enhanced = 2 }, "option 'enhanced': string expected, got number")
  refused({ enhanced = "v1" }, "enhanced", '"auto", "on" (or "declared"), "v2" or "off"')
  refused({ audio_optional = 1 }, "option 'audio_optional': boolean expected, got number")
  refused({ silent_audio = 1 }, "option 'silent_audio': boolean expected, got number")
  refused({ silent_audio = "true" }, "option 'silent_audio': boolean expected, got string")
  refused({ metadata = "x" }, "option 'metadata': table expected, got string")
  refused({ source = 1 }, "source", "got number")
  refused({ source = true }, "source")
  refused({ source = print }, "source", "got function")
end)

test("values out of range are named", function()
  for name, values in pairs({
    timeout = { 0, -1, 9, 1e9, 1000.5, 0 / 0, 1 / 0, -1 / 0, 1e300 },
    queue_ms = { 0, 99, -5, 1e12 },
    queue_bytes = { 0, 65535, 2 ^ 31, 0 / 0 },
    chunk_size = { 0, 1, 127, 2 ^ 31, -128, 128.5 },
  }) do
    for _, wrong in ipairs(values) do refused({ [name] = wrong }, name, "whole number") end
  end
  for _, name in ipairs({ "app", "stream", "flash_ver", "tc_url" }) do
    for _, wrong in ipairs({ "\127", "a\nb", "a\0b", ("x"):rep(10000) }) do refused({ [name] = wrong }, name) end
  end
  for _, name in ipairs({ "flash_ver", "tc_url" }) do refused({ [name] = "" }, name) end
end)

test("an error in a metamethod of the options reaches the caller", function()
  raises("from __index", rtmp.create, URL, setmetatable({}, { __index = function() error("from __index") end }))
end)

test("setSource", function()
  local ctx = rtmp.create(URL)
  local function bad(spec, ...)
    local result = pack(ctx:setSource(spec))
    equal(result.n, 3)
    equal(result[1], false)
    equal(result[3], CODE_INVALID)
    for _, part in ipairs({ ... }) do contains(result[2], part) end
  end
  for _, good in ipairs({ "clip", "none", false, { path = "none" }, { path = FACE.media .. "/bframes.mp4", loop = true },
    FACE.media .. "/bframes.flv", FACE.media .. "/bframes.flv?loop=1", FACE.media .. "/tone.aac", FACE.media .. "/slices.h264?fps=25" }) do
    equal(pack(ctx:setSource(good)), { n = 1, true })
  end
  bad(nil, "source", "got nil")
  bad(true, "source")
  bad(5, "source", "got number")
  bad("", "path is empty")
  bad("/no/such/file.flv", "/no/such/file.flv", "no such file")
  bad(FACE.media, "directory")
  bad(FACE.media .. "/make.sh", "make.sh")
  bad(FACE.media .. "/bframes.flv?speed=2", "speed")
  bad(FACE.media .. "/bframes.flv\0", "zero byte")
  bad({}, "path")
  bad({ loop = true }, "path")
  bad({ path = 5 }, "path")
  bad({ path = "clip", loop = 1 }, "loop")
  bad({ path = "clip", fps = "25" }, "fps")
  bad({ path = "clip", speed = 2 }, "speed")
  bad({ "clip" }, "path")
  bad({ path = "clip\0", loop = true }, "zero byte")
  bad({ path = "clip", ["a b&c=d"] = "e" }, "a b&c=d")
  bad({ path = "clip", codec = "x\0y" }, "zero byte")
  bad({ path = "clip", ["a\0"] = "x" }, "zero byte")
  bad({ path = "clip", [""] = "x" }, "field ''")
  bad({ path = "clip", codec = {} }, "'codec'", "table")
  bad({ path = "clip", codec = ("x"):rep(2000) }, "codec")
  bad({ path = "clip", [("x"):rep(2000)] = 1 }, "xxx")
  local many = { path = "clip" }
  for i = 1, 100 do many["field" .. i] = i end
  bad(many, "more than 64 fields")
  bad({ path = FACE.media .. "/bframes.h264", fps = 0 / 0 }, "fps")
  bad({ path = FACE.media .. "/bframes.h264", fps = 0 }, "fps")
  equal(pack(ctx:setSource({ path = FACE.media .. "/bframes.h264", fps = 30000 / 1001 })), { n = 1, true })
  ctx:destroy()
end)

test("a file whose name contains what parameters look like", function()
  local name = os.tmpname() .. "?loop=1.flv"
  local from, to = assert(io.open(FACE.media .. "/bframes.flv", "rb")), assert(io.open(name, "wb"))
  to:write((from:read("*a")))
  from:close()
  to:close()
  local ctx = rtmp.create(URL)
  local ok, why = ctx:setSource(name)
  local in_table, why_not = ctx:setSource({ path = name, loop = true })
  ctx:destroy()
  os.remove(name)
  assert(ok, why)
  assert(in_table, why_not)
end)

test("setMetadata", function()
  local ctx = rtmp.create(URL)
  local function bad(fields, ...)
    local result = pack(ctx:setMetadata(fields))
    equal(result.n, 3)
    equal(result[1], false)
    assert(result[3] == CODE_INVALID or result[3] == CODE_TOO_LARGE, result[3])
    for _, part in ipairs({ ... }) do contains(result[2], part) end
  end
  equal(pack(ctx:setMetadata({})), { n = 1, true })
  equal(pack(ctx:setMetadata({ title = "t", n = 1, f = 1.5, yes = true, no = false })), { n = 1, true })
  raises("table expected", ctx.setMetadata, ctx)
  raises("table expected", ctx.setMetadata, ctx, "x")
  bad({ 1 }, "names are strings, got a number")
  bad({ a = {} }, "'a'", "table")
  bad({ a = print }, "'a'", "function")
  bad({ [""] = 1 }, "metadata")
  bad({ a = ("x"):rep(5000) }, "metadata")
  bad({ a = "x\0y" }, "zero byte")
  bad({ ["a\0b"] = 1 }, "zero byte")
  local many = {}
  for i = 1, 100 do many["field" .. i] = i end
  bad(many, "metadata", "64")
  ctx:destroy()
end)

face.finish()

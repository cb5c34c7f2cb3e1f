-- This library from Lua, as c/ours.c uses it from C: ours.lua URL MEDIA PICTURES FPS.
local url, path, pictures, fps = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4])
local clock, rtmp = require "clock", require "rtmp"
local look = 64 -- pictures between two looks at the queue
local dry = pictures < 0
pictures = math.abs(pictures)
local interval = fps > 0 and 1000000000 // fps or 0

local function read_media()
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  local count, duration, at = string.unpack("<I4I4", text)
  local records = {}
  for i = 1, count do
    local kind, timestamp, data
    kind, timestamp, data, at = string.unpack("<I4I4s4", text, at)
    records[i] = { kind = kind, timestamp = timestamp, data = data }
  end
  return records, duration
end

local records, duration = read_media()
local ctx = assert(rtmp.create(url, { source = "none", queue_ms = 3600000, queue_bytes = 268435456 }))
local failure
ctx:setCallback(function(state, _, message)
  if state == rtmp.STATE_ERROR then failure = message end
end)
assert(ctx:connect())
while ctx:getState() ~= rtmp.STATE_PUBLISHING do
  rtmp.poll(1)
  assert(not failure, failure)
end

local function drain(sent)
  while true do
    local stats = ctx:getStats()
    assert(stats.dropped_frames == 0, "a picture was dropped")
    assert(ctx:getState() == rtmp.STATE_PUBLISHING, "the connection broke")
    if stats.video_frames_sent >= sent then return end
    clock.sleep_until(clock.now() + 20000)
  end
end

local wall, cpu, switches = clock.usage()
local turn, done, round, config = wall, 0, 0, nil

-- Sends a record; false at the end.
local function send(r)
  local kind, timestamp = r.kind, r.timestamp + round * duration
  if kind == 9 then
    if done == pictures then return false end
    if interval > 0 then
      turn = turn + interval
      clock.sleep_until(turn)
    end
    done = done + 1
    if not dry then
      assert(ctx:sendVideo(r.data, timestamp))
      if interval == 0 and done % look == 0 then drain(done) end
    end
  elseif kind == 0x18 then
    if round == 0 then config = { config = r.data } end
  elseif not dry then
    assert(ctx:sendAudio(r.data, timestamp, config))
    config = nil
  end
  return true
end

local going = true
while going do
  for _, r in ipairs(records) do
    going = send(r)
    if not going then break end
  end
  round = round + 1
end
if not dry then drain(done) end
local wall2, cpu2, switches2 = clock.usage()
print(('{"frames":%d,"wall_ns":%d,"cpu_ns":%d,"switches":%d}'):format(pictures, wall2 - wall, cpu2 - cpu, switches2 - switches))
ctx:destroy()

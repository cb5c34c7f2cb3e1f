-- Forks while threads of the library post events, 100 times. In the child nothing is delivered, calls fail, and nothing hangs: not
-- the collector, not the end of the Lua state. The parent goes on.
local fork = require("fork")

local URL = "rtmp://127.0.0.1:1/live/stream" -- nobody listens
local calls, contexts = 0, {}
for i = 1, 10 do
  contexts[i] = assert(rtmp.create(URL))
  contexts[i]:setCallback(function() calls = calls + 1 end)
end

local function fails(ok, message, code)
  assert(not ok, "a call succeeds")
  assert(message:find("fork", 1, true), message)
  assert(code == -1, code)
end

local function child()
  calls = 0
  local none, message = rtmp.create(URL)
  fails(none, message, -1)
  local ctx = contexts[1]
  fails(ctx:connect())
  fails(ctx:sendVideo("\0\0\0\1\101\1", 0))
  fails(ctx:sendAudio("x", 0, { config = "\18\16" }))
  local ok, why = ctx:setSource("clip")
  fails(ok, why, -1)
  ok, why = ctx:setMetadata({ a = 1 })
  fails(ok, why, -1)
  assert(ctx:getState() == rtmp.STATE_IDLE)
  assert(ctx:getStats().bytes_sent == 0)
  ctx:start()
  ctx:stop()
  ctx:disconnect()
  local before = rtmp.ticks()
  local delivered, busy = rtmp.poll(20)
  assert(delivered == 0 and busy == 0)
  assert(rtmp.ticks() - before >= 20, "poll does not wait")
  before = rtmp.ticks()
  sys.wait(5)
  assert(rtmp.ticks() - before >= 5)
  assert(calls == 0, "a callback for the parent")
  ctx:destroy()
  contexts = nil
  collectgarbage()
end

for _ = 1, 100 do
  for _, ctx in ipairs(contexts) do
    ctx:disconnect()
    assert(ctx:connect())
  end
  local is_child, process = fork.fork(20)
  if is_child then
    local ok, err = pcall(child)
    if not ok then print(err) end
    os.exit(ok, true)
  end
  assert(fork.wait(process) == 0)
end

repeat local _, busy = rtmp.poll(1000) until busy == 0
assert(calls >= 100)
print("parent")

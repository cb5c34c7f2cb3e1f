--- Publishes the built-in clip for some seconds and a file at the same time, on two contexts.
--
--     two.lua CLIP_URL SECONDS FILE_URL FILE

local report = require("report")

local clip = assert(rtmp.create(arg[1]))
local file = assert(rtmp.create(arg[3], { source = arg[4] }))

for name, ctx in pairs({ clip = clip, file = file }) do
  report.states(ctx, name)
  assert(ctx:connect())
  ctx:start()
end

sys.timerStart(report.leave, arg[2] * 1000, clip, "clip")
sys.run()

for name, ctx in pairs({ clip = clip, file = file }) do
  report.stats(ctx, name)
  ctx:destroy()
end

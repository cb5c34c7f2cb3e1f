-- Errors reach whoever runs the loop, with the traceback of where they happened, and the loop goes on from there.

local harness = require("harness")
local test, equal, raises, recorder = harness.test, harness.equal, harness.raises, harness.recorder

local function deep_failure()
  error("broken")
end

test("an error in a task's first slice reaches the caller of taskInit", function(sys)
  local err = raises("errors_test.lua:7: broken", sys.taskInit, deep_failure)
  equal(select(2, err:gsub("stack traceback:", "")), 1, "tracebacks")
end)

test("an error in a task reaches run, with the task's traceback, once", function(sys)
  local line
  sys.taskInit(function()
    sys.wait(1)
    line = debug.getinfo(1, "l").currentline + 1
    deep_failure()
  end)
  local err = raises("errors_test.lua:7: broken", sys.run)
  equal(select(2, err:gsub("stack traceback:", "")), 1, "tracebacks")
  equal(err:find("errors_test.lua:" .. line .. ": in function", 1, true) ~= nil, true, "the task's own frame")
end)

test("an error in a task reaches wait and waitUntil outside a task", function(sys, fake)
  for _, wait in ipairs({ function() sys.wait(50) end, function() sys.waitUntil("M", 50) end }) do
    sys.taskInit(function()
      sys.wait(1)
      deep_failure()
    end)
    raises("broken", wait)
  end
  sys.run()
  equal(fake.ticks(), 2, "the waits that failed are forgotten")
end)

test("errors that are not strings pass unchanged", function(sys)
  local value = { code = 7 }
  local function fail() error(value) end
  equal(select(2, pcall(sys.taskInit, fail)), value)
  sys.timerStart(fail, 1)
  equal(select(2, pcall(sys.run)), value)
  sys.timerStart(fail, 1)
  equal(select(2, pcall(sys.wait, 5)), value)
end)

test("after an error in a task the loop goes on with everything else", function(sys)
  local log = {}
  local say = recorder(log)
  sys.taskInit(function()
    sys.wait(10)
    sys.publish("M", "published before the error")
    deep_failure()
  end)
  sys.taskInit(function()
    sys.wait(10)
    say("other task")
  end)
  sys.subscribe("M", say)
  sys.timerStart(say, 10, "timer")
  raises("broken", sys.run)
  sys.run()
  equal(log, { "10: published before the error", "10: other task", "10: timer" })
end)

test("after an error in a subscriber the others still get the message", function(sys)
  local log = {}
  local say = recorder(log)
  sys.subscribe("M", deep_failure)
  sys.subscribe("M", say)
  sys.taskInit(function() say("task", sys.waitUntil("M")) end)
  sys.publish("M", 1)
  sys.publish("M", 2)
  local err = raises("broken", sys.run)
  equal(select(2, err:gsub("stack traceback:", "")), 1, "tracebacks")
  raises("broken", sys.run)
  sys.run()
  equal(log, { "0: 1", "0: task true 1", "0: 2" })
end)

test("a message that has come is not lost to the error of a timer", function(sys)
  sys.publish("M", "x")
  sys.timerStart(deep_failure, 0)
  equal(harness.pack(sys.waitUntil("M")), { n = 2, true, "x" })
  raises("broken", sys.run)
end)

test("a loop timer whose function fails stays active", function(sys, fake)
  local calls = 0
  local id = sys.timerLoopStart(function()
    calls = calls + 1
    if calls == 1 then deep_failure() end
  end, 10)
  raises("broken", sys.run)
  equal(sys.timerIsActive(id), true)
  sys.wait(20)
  equal(calls, 3)
  equal(fake.ticks(), 30)
  sys.timerStop(id)
  sys.run()
end)

test("an error in an rtmp callback comes out of the loop, and the next callback is delivered", function(sys, fake)
  local log = {}
  fake.at(10, function() deep_failure() end)
  fake.at(10, recorder(log))
  raises("broken", sys.wait, 20)
  sys.run()
  equal(log, { "10:" })
end)

test("an error passes through nested waits and leaves nothing behind", function(sys, fake)
  local log = {}
  local say = recorder(log)
  sys.subscribe("M", function(value)
    say("enter", value)
    if value == 1 then sys.wait(1000) end
  end)
  sys.publish("M", 1)
  sys.publish("M", 2)
  sys.timerStart(deep_failure, 10)
  local err = raises("broken", sys.wait, 5000)
  equal(select(2, err:gsub("stack traceback:", "")), 1, "tracebacks")
  sys.publish("M", 3)
  sys.run()
  equal(log, { "0: enter 1", "10: enter 2", "10: enter 3" })
  equal(fake.ticks(), 10)
end)

test("a wait outside a task that nothing can end is an error, not a hang", function(sys)
  local err = raises("no timer, message or connection is left", function() local r = sys.waitUntil("M") return r end)
  equal(err:find("errors_test.lua:", 1, true) ~= nil, true, "blames the caller")
end)

if coroutine.close then
  test("the to-be-closed variables of a failed task are closed", function(sys)
    local closed = false
    local mark = setmetatable({}, { __close = function() closed = true end })
    local fail = load("local mark = ... local m <close> = mark error('broken')")
    raises("broken", sys.taskInit, fail, mark)
    equal(closed, true)
  end)
end

harness.finish()

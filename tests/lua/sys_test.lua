-- Tasks, waits and the loop.

local harness = require("harness")
local test, equal, raises, pack, recorder =
  harness.test, harness.equal, harness.raises, harness.pack, harness.recorder

test("taskInit runs at once up to the first yield and returns the coroutine", function(sys)
  local log = {}
  local co = sys.taskInit(function(...)
    local args = pack(...)
    log[1] = args
    sys.wait(10)
    log[2] = "resumed"
  end, 1, nil, "x", nil)
  equal(type(co), "thread")
  equal(coroutine.status(co), "suspended")
  equal(log, { { n = 4, 1, nil, "x", nil } })
  sys.run()
  equal(log[2], "resumed")
  equal(coroutine.status(co), "dead")
end)

test("taskInit refuses what is not a function", function(sys)
  raises("sys.taskInit: function expected, got nil", sys.taskInit)
  raises("sys.taskInit: function expected, got string", sys.taskInit, "f")
end)

test("wait in a task sleeps that long and returns nothing", function(sys, fake)
  local result
  sys.taskInit(function() result = pack(sys.wait(1500)) end)
  equal(fake.ticks(), 0)
  sys.run()
  equal(result, { n = 0 })
  equal(fake.ticks(), 1500)
end)

test("tasks that wait are interleaved by time", function(sys)
  local log = {}
  local say = recorder(log)
  for _, period in ipairs({ 20, 30 }) do
    sys.taskInit(function()
      for i = 1, 3 do
        sys.wait(period)
        say(period, i)
      end
    end)
  end
  sys.run()
  equal(log, { "20: 20 1", "30: 30 1", "40: 20 2", "60: 30 2", "60: 20 3", "90: 30 3" })
end)

test("wait outside a task runs the loop for that long", function(sys, fake)
  local log = {}
  local say = recorder(log)
  sys.taskInit(function()
    sys.wait(10)
    say("task")
    sys.publish("M", "message")
    sys.wait(100)
    say("late task")
  end)
  sys.subscribe("M", say)
  sys.timerStart(say, 20, "timer")
  fake.at(30, function() say("callback") end)
  equal(pack(sys.wait(50)), { n = 0 })
  equal(fake.ticks(), 50)
  equal(log, { "10: task", "10: message", "20: timer", "30: callback" })
  sys.wait(60)
  equal(log[5], "110: late task")
end)

test("wait outside a task with nothing to do sleeps without spinning", function(sys, fake)
  sys.wait(30000)
  equal(fake.ticks(), 30000)
  equal(fake.polls <= 31, true, "few polls")
end)

test("wait(0) lets everything else have its turn", function(sys, fake)
  local log = {}
  local say = recorder(log)
  sys.taskInit(function()
    while #log < 3 do sys.wait(0) end
  end)
  fake.at(0, function() say("callback") end)
  sys.timerStart(say, 0, "timer")
  sys.publish("M")
  sys.subscribe("M", function() say("message") end)
  sys.run()
  equal(log, { "0: callback", "0: message", "0: timer" })
  fake.at(0, function() say("again") end)
  sys.wait(0)
  equal(log[4], "0: again")
end)

test("wait takes fractions and any length", function(sys, fake)
  sys.wait(0.5)
  equal(fake.ticks(), 1)
  sys.taskInit(function() sys.wait(math.huge) end)
  sys.wait(3600000)
  equal(fake.ticks(), 3600001)
end)

test("wait and waitUntil refuse a wrong ms and blame the caller", function(sys)
  raises("sys.wait: ms must be a number of milliseconds, 0 or more, got nil", sys.wait)
  raises("got -1", sys.wait, -1)
  raises("got 100", sys.wait, "100")
  raises("got", sys.wait, 0 / 0)
  raises("sys.waitUntil: ms must be", sys.waitUntil, "M", -5)
  raises("sys.waitUntil: the id must not be nil", sys.waitUntil)
  raises("sys_test.lua:", function() local x = sys.wait("x") return x end)
end)

test("a script may resume its own task: wait returns what it was given", function(sys, fake)
  local results = {}
  local co = sys.taskInit(function()
    results[1] = pack(sys.wait(1000))
    results[2] = pack(sys.waitUntil("M"))
    results[3] = pack(sys.wait(10))
  end)
  coroutine.resume(co, "early", nil)
  coroutine.resume(co, "M", 7)
  sys.run()
  equal(results, { { n = 2, "early", nil }, { n = 2, true, 7 }, { n = 0 } })
  equal(fake.ticks(), 10)
end)

test("any coroutine may wait, and is resumed by the loop", function(sys)
  local log = {}
  local say = recorder(log)
  local co = coroutine.create(function()
    sys.wait(5)
    say("own")
    say(sys.waitUntil("M"))
  end)
  coroutine.resume(co)
  sys.timerStart(sys.publish, 8, "M", "x")
  sys.run()
  equal(log, { "5: own", "8: true x" })
end)

if coroutine.close then
  test("a coroutine that was closed while it waits is passed over", function(sys, fake)
    local co = sys.taskInit(function() sys.wait(10) end)
    coroutine.close(co)
    sys.run()
    equal(fake.ticks(), 10)
  end)
end

test("run returns at once when there is nothing to wait for", function(sys, fake)
  sys.run()
  equal(fake.ticks(), 0)
end)

test("run ends after the last timer, message and connection", function(sys, fake)
  local log = {}
  local say = recorder(log)
  sys.subscribe("M", function()
    say("message")
    fake.at(fake.ticks() + 5000, function()
      say("callback")
      sys.taskInit(function()
        sys.wait(7)
        say("task")
        sys.publish("M2")
      end)
    end)
  end)
  sys.subscribe("M2", function() say("last") end)
  sys.publish("M")
  sys.run()
  equal(log, { "0: message", "5000: callback", "5007: task", "5007: last" })
end)

test("run sees that the last connection ended without a callback", function(sys, fake)
  fake.contexts = 1
  sys.timerStart(function() fake.contexts = 0 end, 2500)
  sys.run()
  equal(fake.ticks(), 2500)
end)

test("run sleeps while a connection is all there is", function(sys, fake)
  fake.at(60000, function() end)
  sys.run()
  equal(fake.ticks(), 60000)
  equal(fake.polls <= 63, true, "few polls")
end)

test("tasks that nothing can wake do not keep run alive", function(sys)
  sys.taskInit(function() sys.waitUntil("NEVER") end)
  sys.taskInitEx(function() sys.waitMsg("box", "NEVER") end, "box")
  sys.run()
end)

test("run inside a task is refused", function(sys)
  raises("sys.run: call it outside of tasks", sys.taskInit, function() sys.run() end)
end)

test("callbacks that wait run the loop inside themselves", function(sys, fake)
  local log = {}
  local say = recorder(log)
  local function slow(name, ms)
    say(name)
    sys.wait(ms)
    say(name, "done")
  end
  sys.timerStart(slow, 10, "timer", 100)
  sys.subscribe("M", function() slow("subscriber", 100) end)
  sys.timerStart(sys.publish, 20, "M")
  fake.at(30, function() slow("callback", 100) end)
  sys.taskInit(function()
    sys.wait(40)
    say("task")
  end)
  sys.run()
  equal(log, { "10: timer", "20: subscriber", "30: callback", "40: task",
    "130: callback done", "130: subscriber done", "130: timer done" })
end)

test("the sample's shape: callback set, wait outside a task, states arrive", function(sys, fake)
  local states = {}
  for state, at in pairs({ 3, 8, 9, 40 }) do
    fake.at(at, function() states[#states + 1] = state end)
  end
  sys.wait(30000)
  equal(states, { 1, 2, 3, 4 })
  equal(fake.ticks(), 30000)
end)

harness.finish()

-- taskInitEx, sendMsg, waitMsg, cleanMsg, taskDel.

local harness = require("harness")
local test, equal, raises, pack, recorder =
  harness.test, harness.equal, harness.raises, harness.pack, harness.recorder

test("taskInitEx passes its arguments and returns the coroutine", function(sys)
  local got
  local co = sys.taskInitEx(function(...) got = pack(...) end, "t", nil, 1, nil)
  equal(type(co), "thread")
  equal(got, { n = 2, 1, nil })
end)

test("waitMsg returns {p1, p2, p3, p4}", function(sys)
  local log = {}
  sys.taskInitEx(function()
    for _ = 1, 2 do log[#log + 1] = sys.waitMsg("t", "go") end
  end, "t")
  equal(sys.sendMsg("t", "go", 2, 3, 4), true)
  equal(log, {}, "not before the loop runs")
  sys.run()
  sys.sendMsg("t", "go", nil, 3)
  sys.run()
  equal(log, { { "go", 2, 3, 4 }, { "go", nil, 3 } })
end)

test("messages sent before waitMsg are kept, in order", function(sys)
  local log = {}
  local say = recorder(log)
  sys.taskInitEx(function()
    sys.wait(10)
    for _ = 1, 3 do say(sys.waitMsg("t")[1]) end
  end, "t")
  for i = 1, 3 do sys.sendMsg("t", i) end
  sys.run()
  equal(log, { "10: 1", "10: 2", "10: 3" })
end)

test("a target of nil takes any message, also one whose p1 is nil", function(sys)
  local got
  sys.taskInitEx(function() got = sys.waitMsg("t", nil, 100) end, "t")
  sys.sendMsg("t", nil, "x")
  sys.run()
  equal(got, { nil, "x" })
end)

test("other messages go to the callback", function(sys)
  local log = {}
  local say = recorder(log)
  sys.taskInitEx(function() say("got", sys.waitMsg("t", "B")[1]) end, "t", function(msg) say("cb", msg[1], msg[2]) end)
  sys.sendMsg("t", "A", 1)
  sys.sendMsg("t", nil, 2)
  sys.sendMsg("t", "B", 3)
  sys.run()
  equal(log, { "0: cb A 1", "0: cb nil 2", "0: got B" })
end)

test("without a callback other messages are dropped", function(sys)
  local log = {}
  local say = recorder(log)
  sys.taskInitEx(function()
    say(sys.waitMsg("t", "B")[1])
    say(sys.waitMsg("t", nil, 10))
  end, "t")
  sys.sendMsg("t", "A")
  sys.sendMsg("t", "B")
  sys.run()
  equal(log, { "0: B", "10: nil" })
end)

test("the callback may wait: it runs in the task", function(sys)
  local log = {}
  local say = recorder(log)
  sys.taskInitEx(function() say(sys.waitMsg("t", "B")[1]) end, "t", function(msg)
    sys.wait(30)
    say("cb", msg[1])
  end)
  sys.sendMsg("t", "A")
  sys.sendMsg("t", "B")
  sys.run()
  equal(log, { "30: cb A", "30: B" })
end)

test("waitMsg returns nil when the time is up, other messages notwithstanding", function(sys, fake)
  local got
  sys.taskInitEx(function() got = pack(sys.waitMsg("t", "B", 50)) end, "t")
  sys.timerLoopStart(sys.sendMsg, 20, "t", "A")
  sys.wait(49)
  equal(got, nil)
  sys.wait(1)
  equal(got, { n = 1, nil })
  equal(fake.ticks(), 50)
end)

test("an ms of nil or 0 waits for ever", function(sys)
  local log = {}
  local say = recorder(log)
  sys.taskInitEx(function()
    say(sys.waitMsg("t", "A")[1])
    say(sys.waitMsg("t", "A", 0)[1])
  end, "t")
  sys.timerStart(sys.sendMsg, 100000, "t", "A", 1)
  sys.timerStart(sys.sendMsg, 200000, "t", "A", 2)
  sys.run()
  equal(log, { "100000: A", "200000: A" })
end)

test("a message and its sender's publish of the task's name are two things", function(sys)
  local log = {}
  local say = recorder(log)
  sys.subscribe("t", say)
  sys.taskInitEx(function() say("got", sys.waitMsg("t", "A", 10)) end, "t")
  sys.sendMsg("t", "B")
  sys.publish("t", "published")
  sys.run()
  equal(log, { "0: published", "10: got nil" })
end)

test("a script that resumes the task does not end waitMsg", function(sys, fake)
  local got
  local co = sys.taskInitEx(function() got = pack(sys.waitMsg("t", "A", 50)) end, "t")
  coroutine.resume(co)
  coroutine.resume(co, "x")
  equal(got, nil)
  sys.run()
  equal(got, { n = 1, nil })
  equal(fake.ticks(), 50)
end)

test("waitMsg outside a task runs the loop", function(sys, fake)
  sys.taskInitEx(function() end, "main")
  sys.timerStart(sys.sendMsg, 30, "main", "A", "x")
  equal(sys.waitMsg("main", "A", 100), { "A", "x" })
  equal(sys.waitMsg("main", "A", 100), nil)
  equal(fake.ticks(), 130)
end)

test("each task has its own mailbox", function(sys)
  local log = {}
  local say = recorder(log)
  for _, name in ipairs({ "a", "b" }) do
    sys.taskInitEx(function() say(name, sys.waitMsg(name, "X")[2]) end, name)
  end
  sys.sendMsg("b", "X", 1)
  sys.sendMsg("a", "X", 2)
  sys.run()
  equal(log, { "0: b 1", "0: a 2" })
end)

test("cleanMsg drops what waits", function(sys)
  local got
  sys.taskInitEx(function()
    sys.wait(10)
    got = sys.waitMsg("t", nil, 10)
  end, "t")
  sys.sendMsg("t", "old")
  equal(sys.cleanMsg("t"), true)
  sys.sendMsg("t", "new")
  sys.run()
  equal(got, { "new" })
  equal(sys.cleanMsg("nobody"), false)
end)

test("taskDel removes the mailbox", function(sys)
  sys.taskInitEx(function() sys.wait(10) end, "t")
  sys.taskDel("t")
  sys.taskDel("t")
  equal(sys.sendMsg("t", 1), false)
  equal(sys.sendMsg("nobody", 1), false)
  equal(sys.cleanMsg("t"), false)
  raises("sys.waitMsg: no task is named t: start it with sys.taskInitEx", sys.waitMsg, "t")
  sys.run()
end)

test("a name that is used again gets an empty mailbox of its own", function(sys)
  local log = {}
  local say = recorder(log)
  sys.taskInitEx(function() say("old", sys.waitMsg("t", nil, 50)) end, "t")
  sys.sendMsg("t", "for the old one")
  sys.taskInitEx(function() say("new", sys.waitMsg("t", nil, 100)[1]) end, "t")
  sys.sendMsg("t", "for the new one")
  sys.run()
  equal(log[2], "0: new for the new one")
  equal(#log, 2)
end)

test("wrong arguments are refused", function(sys)
  raises("sys.taskInitEx: function expected, got nil", sys.taskInitEx)
  raises("sys.taskInitEx: the name must not be nil", sys.taskInitEx, print)
  raises("sys.taskInitEx: function expected, got string", sys.taskInitEx, print, "t", "cb")
  raises("sys.taskDel: the name must not be nil", sys.taskDel)
  sys.taskInitEx(function() end, "t")
  raises("sys.waitMsg: ms must be a number", sys.waitMsg, "t", "A", -1)
  raises("sys.waitMsg: no task is named nil", sys.waitMsg)
end)

harness.finish()

-- publish, subscribe, unsubscribe, waitUntil.

local harness = require("harness")
local test, equal, raises, pack, recorder =
  harness.test, harness.equal, harness.raises, harness.pack, harness.recorder

test("publish queues: nobody is called before the loop runs", function(sys)
  local log = {}
  sys.subscribe("M", recorder(log))
  sys.publish("M", 1)
  equal(log, {})
  sys.run()
  equal(log, { "0: 1" })
end)

test("subscribers get the arguments without the id, nils kept", function(sys)
  local got
  sys.subscribe("M", function(...) got = pack(...) end)
  sys.publish("M", nil, 2, nil, nil)
  sys.run()
  equal(got, { n = 4, nil, 2, nil, nil })
  sys.publish("M")
  sys.run()
  equal(got, { n = 0 })
end)

test("messages are dispatched in order, subscribers in order of subscription", function(sys)
  local log = {}
  local say = recorder(log)
  for i = 1, 3 do
    sys.subscribe("A", function(value) say("A", i, value) end)
  end
  sys.subscribe("B", function(value) say("B", value) end)
  sys.publish("A", 1)
  sys.publish("B", 2)
  sys.publish("A", 3)
  sys.run()
  equal(log, { "0: A 1 1", "0: A 2 1", "0: A 3 1", "0: B 2", "0: A 1 3", "0: A 2 3", "0: A 3 3" })
end)

test("an id may be any value but nil, and false is one", function(sys)
  local log = {}
  local say = recorder(log)
  local key = {}
  for _, id in ipairs({ "1", 1, key, false }) do
    sys.subscribe(id, function() say(type(id)) end)
    sys.publish(id)
  end
  sys.run()
  equal(log, { "0: string", "0: number", "0: table", "0: boolean" })
  raises("sys.publish: the id must not be nil", sys.publish)
  raises("sys.subscribe: the id must not be nil", sys.subscribe, nil, print)
  raises("sys.subscribe: function expected, got nil", sys.subscribe, "M")
  raises("sys.unsubscribe: function expected, got nil", sys.unsubscribe, "M")
end)

test("publishing from a subscriber never re-enters it", function(sys)
  local log, inside = {}, false
  local say = recorder(log)
  sys.subscribe("M", function(n)
    equal(inside, false, "inside")
    inside = true
    say(n)
    if n < 3 then sys.publish("M", n + 1) end
    inside = false
  end)
  sys.publish("M", 1)
  sys.run()
  equal(log, { "0: 1", "0: 2", "0: 3" })
end)

test("subscribers that publish for ever starve neither timers nor callbacks", function(sys, fake)
  local log = {}
  local say = recorder(log)
  local function again() sys.publish("M") end
  sys.subscribe("M", again)
  again()
  sys.timerStart(say, 0, "timer")
  fake.at(0, function() say("callback") end)
  sys.timerStart(sys.unsubscribe, 0, "M", again)
  sys.run()
  equal(log, { "0: callback", "0: timer" })
end)

test("a function subscribed twice is called once, and unsubscribed once", function(sys)
  local log = {}
  local say = recorder(log)
  sys.subscribe("M", say)
  sys.subscribe("M", say)
  sys.publish("M", 1)
  sys.run()
  sys.unsubscribe("M", say)
  sys.publish("M", 2)
  sys.run()
  equal(log, { "0: 1" })
end)

test("unsubscribing what is not subscribed is no error", function(sys)
  sys.unsubscribe("M", print)
  sys.subscribe("M", function() end)
  sys.unsubscribe("M", print)
end)

test("a message without subscribers is dropped, one with a late subscriber is not", function(sys)
  local log = {}
  sys.publish("M", 1)
  sys.run()
  sys.publish("M", 2)
  sys.subscribe("M", recorder(log))
  sys.run()
  equal(log, { "0: 2" })
end)

test("a subscriber may unsubscribe itself and others during dispatch", function(sys)
  local log = {}
  local say = recorder(log)
  local function second() say("second") end
  local function first()
    say("first")
    sys.unsubscribe("M", first)
    sys.unsubscribe("M", second)
  end
  sys.subscribe("M", first)
  sys.subscribe("M", second)
  sys.subscribe("M", function() say("third") end)
  sys.publish("M")
  sys.publish("M")
  sys.run()
  equal(log, { "0: first", "0: third", "0: third" })
end)

test("a function subscribed during dispatch gets the next message first", function(sys)
  local log = {}
  local say = recorder(log)
  sys.subscribe("M", function() sys.subscribe("M", say) end)
  sys.publish("M", 1)
  sys.publish("M", 2)
  sys.run()
  equal(log, { "0: 2" })
end)

test("a subscriber that waits is not entered again, and misses nothing", function(sys)
  local log = {}
  local say = recorder(log)
  sys.subscribe("M", function(n)
    say("slow", n)
    sys.wait(100)
    say("slow done", n)
  end)
  sys.subscribe("M", function(n) say("quick", n) end)
  for n = 1, 3 do sys.timerStart(sys.publish, n * 30, "M", n) end
  sys.run()
  equal(log, {
    "30: slow 1", "30: quick 1", "60: quick 2", "90: quick 3", "130: slow done 1",
    "130: slow 2", "230: slow done 2", "230: slow 3", "330: slow done 3",
  })
end)

test("waitUntil in a task returns true and the arguments, nils kept", function(sys)
  local got
  sys.taskInit(function() got = pack(sys.waitUntil("M")) end)
  sys.publish("M", nil, "x", nil)
  sys.run()
  equal(got, { n = 4, true, nil, "x", nil })
end)

test("waitUntil in a task returns false when the time is up", function(sys, fake)
  local got
  sys.taskInit(function() got = pack(sys.waitUntil("M", 70)) end)
  sys.timerStart(sys.publish, 71, "M")
  sys.run()
  equal(got, { n = 1, false })
  equal(fake.ticks(), 71)
end)

test("waitUntil that is woken leaves no timer behind", function(sys, fake)
  local got
  sys.taskInit(function() got = pack(sys.waitUntil("M", 10000)) end)
  sys.publish("M", 1)
  sys.run()
  equal(got, { n = 2, true, 1 })
  equal(fake.ticks(), 0)
end)

test("a task sees a message that it published before it waits", function(sys)
  local got
  sys.taskInit(function()
    sys.publish("M", 5)
    got = pack(sys.waitUntil("M", 10))
  end)
  sys.run()
  equal(got, { n = 2, true, 5 })
end)

test("one message wakes all who wait, in the order of waiting, once each", function(sys)
  local log = {}
  local say = recorder(log)
  for i = 1, 3 do
    sys.taskInit(function()
      say(i, sys.waitUntil("M"))
      say(i, sys.waitUntil("M", 10))
    end)
  end
  sys.publish("M", "x")
  sys.run()
  equal(log, { "0: 1 true x", "0: 2 true x", "0: 3 true x", "10: 1 false", "10: 2 false", "10: 3 false" })
end)

test("waitUntil outside a task runs the loop until the message or the time", function(sys, fake)
  local log = {}
  sys.timerStart(recorder(log), 5, "timer")
  sys.timerStart(sys.publish, 10, "M", 1, nil)
  equal(pack(sys.waitUntil("M")), { n = 3, true, 1, nil })
  equal(fake.ticks(), 10)
  equal(pack(sys.waitUntil("M", 20)), { n = 1, false })
  equal(fake.ticks(), 30)
  fake.at(40, function() sys.publish("M", "from a callback") end)
  equal(pack(sys.waitUntil("M")), { n = 2, true, "from a callback" })
  equal(log, { "5: timer" })
end)

test("10,000 tasks wait for one message", function(sys)
  local woken = 0
  for _ = 1, 10000 do
    sys.taskInit(function()
      if sys.waitUntil("M", 1000) then woken = woken + 1 end
    end)
  end
  sys.publish("M")
  sys.run()
  equal(woken, 10000)
end)

test("waiting in vain again and again, each time for another id, leaves nothing behind", function(sys)
  sys.taskInit(function()
    for i = 1, 20000 do sys.waitUntil("NEVER" .. i % 2 * i, 1) end
  end)
  sys.wait(5000)
  local growth = harness.growth(function() sys.wait(14000) end)
  equal(growth < 500, true, "growth below 500 kB")
end)

harness.finish()

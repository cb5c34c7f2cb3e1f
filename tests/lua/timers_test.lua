-- timerStart, timerLoopStart, timerStop, timerStopAll, timerIsActive.

local harness = require("harness")
local test, equal, raises, pack, recorder =
  harness.test, harness.equal, harness.raises, harness.pack, harness.recorder

test("timerStart calls once, on time, with its arguments, nils kept", function(sys, fake)
  local got
  local id = sys.timerStart(function(...)
    equal(got, nil)
    got = pack(...)
  end, 250, 1, nil, "x", nil)
  equal(type(id), "number")
  sys.run()
  equal(got, { n = 4, 1, nil, "x", nil })
  equal(fake.ticks(), 250)
end)

test("timers fire by due time, ties by age", function(sys)
  local log = {}
  local say = recorder(log)
  sys.timerStart(say, 20, "a")
  sys.timerStart(say, 10, "b")
  sys.timerStart(say, 20, "c")
  sys.timerLoopStart(say, 10, "loop")
  sys.timerStart(say, 10, "d")
  sys.wait(20)
  equal(log, { "10: b", "10: loop", "10: d", "20: a", "20: c", "20: loop" })
end)

test("an identical timer is replaced, a different one is not", function(sys)
  local log = {}
  local say = recorder(log)
  local first = sys.timerStart(say, 10, "x", 1)
  local second = sys.timerStart(say, 30, "x", 1)
  sys.timerStart(say, 20, "x")
  sys.timerStart(say, 20, "x", 2)
  sys.timerStart(say, 20, "x", nil)
  sys.timerStart(say, 20, "x", "1")
  sys.timerStart(function(...) say("other", ...) end, 20, "x", 1)
  equal(first ~= second, true, "a new id")
  equal(sys.timerIsActive(first), false)
  sys.run()
  equal(log, { "20: x", "20: x 2", "20: x nil", "20: x 1", "20: other x 1", "30: x 1" })
end)

test("arguments are told apart by value, tables by identity", function(sys)
  local calls = 0
  local function count() calls = calls + 1 end
  local a, b = {}, {}
  local different = {
    pack(), pack(nil), pack(false), pack(true), pack("nil"), pack("true"), pack(a), pack(b), pack(a, b), pack(b, a),
    pack("a,b"), pack("a", "b"), pack("s1:a"), pack(0), pack(0.1), pack(0.1 + 1e-16), pack(2 ^ 53), pack(math.huge),
    pack(-math.huge), pack(count), pack(print), pack(coroutine.create(count)),
  }
  local unpack = table.unpack or unpack
  for _ = 1, 2 do
    for _, args in ipairs(different) do sys.timerStart(count, 5, unpack(args, 1, args.n)) end
  end
  sys.timerStart(count, 5, 0.0)
  sys.run()
  equal(calls, #different)
end)

test("timerLoopStart does not drift", function(sys, fake)
  local log = {}
  local say = recorder(log)
  local id = sys.timerLoopStart(function()
    say()
    fake.advance(3)
  end, 10)
  sys.wait(45)
  sys.timerStop(id)
  sys.run()
  equal(log, { "10:", "20:", "30:", "40:" })
end)

test("a loop timer that is far behind leaves turns out instead of bursting", function(sys, fake)
  local log = {}
  local say = recorder(log)
  sys.timerLoopStart(function()
    say()
    if #log == 1 then fake.advance(35) end
  end, 10)
  sys.wait(70)
  equal(log, { "10:", "50:", "60:", "70:" })
end)

test("a loop timer may have a fraction as its period", function(sys)
  local calls = 0
  sys.timerLoopStart(function() calls = calls + 1 end, 2.5)
  sys.wait(1000)
  equal(calls >= 333 and calls <= 400, true, "calls")
end)

test("a loop timer whose function waits is not entered again", function(sys)
  local log = {}
  local say = recorder(log)
  local id = sys.timerLoopStart(function()
    say("in")
    sys.wait(25)
    say("out")
  end, 10)
  sys.timerStart(sys.timerStop, 50, id)
  sys.run()
  equal(log, { "10: in", "35: out", "40: in", "65: out" })
end)

test("timerStop by id, by function and arguments, and from inside", function(sys, fake)
  local log = {}
  local say = recorder(log)
  local id = sys.timerStart(say, 10, "by id")
  sys.timerStop(id)
  sys.timerStart(say, 10, "by arguments", 1)
  sys.timerStart(say, 10, "stays", 1)
  sys.timerStop(say, "by arguments", 1)
  sys.timerStop(say)
  local loop_id
  loop_id = sys.timerLoopStart(function()
    say("loop")
    sys.timerStop(loop_id)
  end, 20)
  sys.run()
  equal(log, { "10: stays 1", "20: loop" })
  equal(fake.ticks(), 20)
end)

test("timerStop of what is not active is no error", function(sys)
  local id = sys.timerStart(print, 10)
  sys.timerStop(id)
  sys.timerStop(id)
  sys.timerStop(12345)
  sys.timerStop(print, 1)
  sys.timerStop(nil)
end)

test("an id never comes again, nor does it stop another timer", function(sys)
  local old = sys.timerStart(print, 1)
  sys.timerStop(old)
  local new = sys.timerStart(function() end, 1)
  sys.timerStop(old)
  equal(old ~= new, true)
  equal(sys.timerIsActive(new), true)
  sys.run()
end)

test("timerStopAll stops the timers of one function only", function(sys)
  local log = {}
  local say = recorder(log)
  local function other() say("other") end
  sys.timerStart(say, 10)
  sys.timerStart(say, 10, 1)
  sys.timerLoopStart(say, 10, 2)
  sys.timerStart(other, 10)
  sys.timerStopAll(say)
  sys.timerStopAll(print)
  sys.run()
  equal(log, { "10: other" })
end)

test("timerIsActive by id and by function and arguments", function(sys)
  local seen = {}
  local once, again
  local function look(what)
    seen[what] = sys.timerIsActive(what == "once" and once or again)
    if what == "again" then sys.timerStop(again) end
  end
  once = sys.timerStart(look, 10, "once")
  again = sys.timerLoopStart(look, 10, "again")
  equal({ sys.timerIsActive(once), sys.timerIsActive(again) }, { true, true })
  equal({ sys.timerIsActive(look, "once"), sys.timerIsActive(look, "x"), sys.timerIsActive(look) }, { true, false, false })
  sys.run()
  equal(seen, { once = false, again = true })
  equal({ sys.timerIsActive(once), sys.timerIsActive(again), sys.timerIsActive(99) }, { false, false, false })
  equal({ sys.timerIsActive(look, "once"), sys.timerIsActive(look, "again") }, { false, false })
end)

test("a timer started again from its own function replaces a loop timer", function(sys)
  local log = {}
  local say = recorder(log)
  local function fn()
    say()
    if #log == 1 then sys.timerStart(fn, 100) end
  end
  sys.timerLoopStart(fn, 10)
  sys.run()
  equal(log, { "10:", "110:" })
end)

test("wrong arguments are refused", function(sys)
  raises("sys.timerStart: function expected, got nil", sys.timerStart)
  raises("sys.timerStart: function expected, got string", sys.timerStart, "f", 10)
  raises("sys.timerStart: ms must be a number of milliseconds, 0 or more, got nil", sys.timerStart, print)
  raises("got -1", sys.timerStart, print, -1)
  raises("sys.timerLoopStart: function expected", sys.timerLoopStart, nil, 10)
  raises("sys.timerLoopStart: ms must be a number", sys.timerLoopStart, print, "10")
  raises("sys.timerLoopStart: ms must be more than 0", sys.timerLoopStart, print, 0)
  raises("sys.timerStopAll: function expected, got number", sys.timerStopAll, 1)
  sys.run()
end)

-- The minimal standard generator of Park and Miller: the same numbers everywhere.
local function random_numbers(seed)
  return function(limit)
    seed = seed * 16807 % 2147483647
    return seed % limit
  end
end

test("10,000 timers fire in order, a third of them stopped before", function(sys, fake)
  local random = random_numbers(42)
  local fired, last_due, last_index = 0, -1, 0
  local function fire(index, due)
    equal(fake.ticks(), due)
    if due == last_due then equal(index > last_index, true, "ties by age") end
    equal(due >= last_due, true, "order")
    fired, last_due, last_index = fired + 1, due, index
  end
  local ids = {}
  for i = 1, 10000 do
    local due = random(1000)
    ids[i] = sys.timerStart(fire, due, i, due)
  end
  for i = 1, 10000, 3 do sys.timerStop(ids[i]) end
  sys.run()
  equal(fired, 6666)
end)

test("timers that were replaced, stopped or fired leave nothing behind", function(sys)
  local function watchdog() end
  local function use(times)
    for _ = 1, times do
      sys.timerStart(watchdog, 60000, "x")
      sys.timerStop(sys.timerStart(function() end, 60000))
      sys.timerStart(function() end, 0, {})
    end
    sys.wait(0)
  end
  use(20000) -- Lua's tables keep their largest size
  local growth = harness.growth(function() use(20000) end)
  equal(growth < 500, true, "growth below 500 kB")
end)

harness.finish()

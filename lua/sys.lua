--- LuatOS's `sys` for stock Lua 5.1 to 5.4 and LuaJIT: tasks, messages, timers and mailboxes on one loop.
--
-- The loop runs on the main coroutine: inside `sys.run`, and inside `sys.wait`, `sys.waitUntil` and
-- `sys.waitMsg` when they are called there. Called in any other coroutine, whoever created it, these yield, and the
-- loop resumes the coroutine. Timer functions, subscribers and rtmp callbacks run on the main
-- coroutine; one that waits runs the loop inside itself, and a timer function or subscriber is not
-- entered again meanwhile.
--
-- An error in a task or a callback reaches whoever runs the loop (in the first slice of a task: whoever called
-- `sys.taskInit`). A string gets the traceback of where it happened; other values pass unchanged. The rest stays as it is:
-- the loop may be run again.

local check = require("luatos.check")
local loop = require("luatos.loop")
local mailbox = require("luatos.mailbox")
local timers = require("luatos.timers")

local sys = {
  sendMsg = mailbox.sendMsg,
  waitMsg = mailbox.waitMsg,
  cleanMsg = mailbox.cleanMsg,
  taskDel = mailbox.taskDel,
  timerStart = timers.timerStart,
  timerLoopStart = timers.timerLoopStart,
  timerStop = timers.timerStop,
  timerStopAll = timers.timerStopAll,
  timerIsActive = timers.timerIsActive,
}

local unpack = table.unpack or unpack

--- Runs the loop until no timer, no message and no connection is left. Tasks that wait for a message without
-- a timeout do not keep it running: nothing is left that could send it.
function sys.run()
  if loop.current_task() then error("sys.run: call it outside of tasks", 2) end
  loop.run()
end

--- Starts a task and runs it up to its first wait. Returns its coroutine.
function sys.taskInit(fn, ...)
  check.fn("sys.taskInit", fn)
  local co = coroutine.create(fn)
  loop.resume(co, ...)
  return co
end

--- Starts a task that has a mailbox. cb, if given, is called with each message that waitMsg does not want.
function sys.taskInitEx(fn, name, cb, ...)
  check.fn("sys.taskInitEx", fn)
  check.given("sys.taskInitEx", "name", name)
  if cb ~= nil then check.fn("sys.taskInitEx", cb) end
  mailbox.open(name, cb)
  return sys.taskInit(fn, ...)
end

--- Waits for ms milliseconds. Returns nothing, or what the script itself resumed the task with.
function sys.wait(ms)
  check.ms("sys.wait", ms)
  local result = loop.await({}, ms)
  return unpack(result, 1, result.n)
end

--- Waits for a message, at most ms milliseconds if given. Returns true and its arguments, or false.
function sys.waitUntil(id, ms)
  check.given("sys.waitUntil", "id", id)
  if ms ~= nil then check.ms("sys.waitUntil", ms) end
  local waiter = {}
  loop.link(id, waiter)
  local message = loop.await(waiter, ms)
  return message[1] ~= nil, unpack(message, 2, message.n)
end

--- Queues a message. The loop hands it to those who are subscribed or wait when its turn comes.
function sys.publish(id, ...)
  check.given("sys.publish", "id", id)
  loop.publish(loop.pack(id, ...))
end

--- Has fn called with the arguments of each message id: once, however often it is subscribed.
function sys.subscribe(id, fn)
  check.given("sys.subscribe", "id", id)
  check.fn("sys.subscribe", fn)
  if not loop.find(id, fn) then loop.link(id, { fn = fn }) end
end

--- Ends a subscription at once, also for a message that is being dispatched; one that is not there is no error.
function sys.unsubscribe(id, fn)
  check.given("sys.unsubscribe", "id", id)
  check.fn("sys.unsubscribe", fn)
  local node = loop.find(id, fn)
  if node then loop.unlink(node) end
end

return sys

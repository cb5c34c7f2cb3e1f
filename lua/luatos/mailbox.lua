--- `sys.taskInitEx` and its messages: a mailbox for each named task.

local check = require("luatos.check")
local loop = require("luatos.loop")
local queue = require("luatos.queue")

local mailbox = {}

-- boxes[name] = {cb=, mail=}. The box itself is the id of the message that wakes who waits for mail: a name that is
-- taken over by another task leaves nobody waiting on the wrong box.
local boxes = {}

--- Makes the mailbox of a task, in place of one with this name. cb may be nil.
function mailbox.open(name, cb)
  boxes[name] = { cb = cb, mail = queue.new() }
end

--- Puts a message into the mailbox of a task. Returns whether there is one with this name.
function mailbox.sendMsg(name, p1, p2, p3, p4)
  local box = boxes[name]
  if not box then return false end
  queue.append(box.mail, { p1, p2, p3, p4 })
  loop.publish({ n = 1, box })
  return true
end

--- Waits for a message whose p1 is target (nil: for any), at most ms milliseconds (nil or 0: for ever).
-- Returns {p1, p2, p3, p4}, or nil when the time is up. Other messages go to the callback of the task, if it
-- has one, and are gone.
function mailbox.waitMsg(name, target, ms)
  if ms ~= nil then check.ms("sys.waitMsg", ms) end
  local box = boxes[name]
  if not box then
    error(("sys.waitMsg: no task is named %s: start it with sys.taskInitEx"):format(tostring(name)), 2)
  end
  local due = ms and ms > 0 and loop.after(loop.ticks(), ms)
  while true do
    while not queue.is_empty(box.mail) do
      local message = queue.take(box.mail)
      if target == nil or message[1] == target then return message end
      if box.cb then box.cb(message) end
    end
    local waiter = {}
    loop.link(box, waiter)
    local woken = loop.await(waiter, due and math.max(0, due - loop.ticks()))
    if woken.n == 0 and due and loop.ticks() >= due then return nil end
  end
end

--- Drops the messages that wait for a task. Returns whether there is one with this name.
function mailbox.cleanMsg(name)
  local box = boxes[name]
  if box then box.mail = queue.new() end
  return box ~= nil
end

--- Removes the mailbox of a task. The task itself goes on.
function mailbox.taskDel(name)
  check.given("sys.taskDel", "name", name)
  boxes[name] = nil
end

return mailbox

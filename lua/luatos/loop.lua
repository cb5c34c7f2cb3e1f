--- The loop under `sys`: coroutines that wait, messages, due times, and the native module's callbacks.
--
-- It runs on the main coroutine only. Everything that is under way lives in the tables of this file and of heap.lua and
-- never in a local variable of the loop, so that a callback can run the loop inside itself, and an error can
-- leave it, without loss.

local heap = require("luatos.heap")
local queue = require("luatos.queue")

local loop = {}

local unpack = table.unpack or unpack

-- The longest single sleep, in milliseconds. Between sleeps Lua sees an interrupt, and the loop sees
-- that the last connection has ended without a callback.
local MAX_SLEEP = 1000

-- What a waiter gets whose time is up.
local NOTHING = { n = 0 }

-- The seam to the native module: a monotonic clock in milliseconds, and a sleep that delivers callbacks.
-- Looked up on each call, because a test may replace the module.
local function poll(timeout)
  return require("rtmp").poll(timeout)
end

function loop.ticks()
  return require("rtmp").ticks()
end

-- The integer of a float like 1000.0, where there are integers.
local whole = math.tointeger or function(ms) return ms end

--- The time ms after a time. An integer stays one, which 32-bit numbers need: their floats are exact to 2^24 only. A sum
-- that is too large for an integer becomes a float.
function loop.after(time, ms)
  local due = time + (whole(ms) or ms)
  if due < time then return time + 0.0 + ms end
  return due
end

function loop.pack(...)
  return { n = select("#", ...), ... }
end

--- The running coroutine, or nil on the main one.
function loop.current_task()
  local co, is_main = coroutine.running()
  if co and not is_main then return co end
end

-- Errors ---------------------------------------------------------------------------------------

-- Adds the traceback of co, or of the running coroutine, unless a deeper one is there already.
local function with_traceback(err, co)
  if type(err) ~= "string" or err:find("\nstack traceback:\n", 1, true) then return err end
  if co then return debug.traceback(co, err) end
  return debug.traceback(err, 2)
end

--- Calls fn with packed arguments. Returns true, or false and the error with its traceback.
function loop.guarded(fn, args)
  return xpcall(function() return fn(unpack(args, 1, args.n)) end, with_traceback)
end

--- Runs a coroutine up to its next yield. Raises its error with its traceback.
function loop.resume(co, ...)
  local ok, err = coroutine.resume(co, ...)
  if ok then return end
  err = with_traceback(err, co)
  if coroutine.close then coroutine.close(co) end -- Lua 5.4: its to-be-closed variables
  error(err, 0)
end

-- Subscribers ----------------------------------------------------------------------------------

-- subscribers[id] is a ring of nodes in the order of subscription, closed by the ring itself. A node is a
-- function's subscription ({fn=}) or a waiter.
local subscribers = {}

--- Adds a node to the subscribers of id.
function loop.link(id, node)
  local ring = subscribers[id]
  if not ring then
    ring = { id = id }
    ring.prev, ring.next = ring, ring
    subscribers[id] = ring
  end
  node.ring, node.prev, node.next = ring, ring.prev, ring
  ring.prev.next = node
  ring.prev = node
end

--- Removes a node; one that is not linked is no error.
function loop.unlink(node)
  local ring = node.ring
  if not ring then return end
  node.prev.next, node.next.prev = node.next, node.prev
  node.ring, node.prev, node.next = nil, nil, nil
  if ring.next == ring then subscribers[ring.id] = nil end
end

--- The node that subscribes fn to id, or nil.
function loop.find(id, fn)
  local ring = subscribers[id]
  local node = ring and ring.next
  while node and node ~= ring do
    if node.fn == fn then return node end
    node = node.next
  end
end

-- Messages -------------------------------------------------------------------------------------

-- messages holds what was published; deliveries holds the rest of the message being dispatched, one
-- {node, message} for each subscriber.
local messages, deliveries = queue.new(), queue.new()

--- Queues a message: packed, its id first.
function loop.publish(message)
  queue.append(messages, message)
end

local function settle(waiter, result)
  waiter.result = result
  heap.remove(waiter)
  loop.unlink(waiter)
end

local function wake(waiter, result)
  settle(waiter, result)
  if waiter.co and coroutine.status(waiter.co) == "suspended" then loop.resume(waiter.co) end
end

local function time_is_up(waiter)
  wake(waiter, NOTHING)
end

local function deliver(node, message)
  if not node.ring then return end -- unsubscribed, or woken, since the message was taken
  if not node.fn then return wake(node, message) end
  if node.held then return queue.append(node.held, message) end -- its function is running, and waits
  node.held = queue.new()
  local ok, err = loop.guarded(function(_, ...) return node.fn(...) end, message)
  local held = node.held
  node.held = nil
  for i = held.last, held.first, -1 do queue.prepend(deliveries, { node, held[i] }) end
  if not ok then error(err, 0) end
end

-- Dispatches what has been published so far; what subscribers publish meanwhile waits for the next turn.
-- Returns whether there was anything.
local function dispatch()
  local last, any = messages.last, false
  while true do
    while not queue.is_empty(deliveries) do
      any = true
      local delivery = queue.take(deliveries)
      deliver(delivery[1], delivery[2])
    end
    if messages.first > last then return any end
    any = true
    local message = queue.take(messages)
    local ring = subscribers[message[1]]
    local node = ring and ring.next
    while node and node ~= ring do
      queue.append(deliveries, { node, message })
      node = node.next
    end
  end
end

-- Turns ----------------------------------------------------------------------------------------

local function sleep_time(busy)
  if not (queue.is_empty(messages) and queue.is_empty(deliveries)) then return 0 end
  local first = heap.first()
  if not first then return busy > 0 and MAX_SLEEP or 0 end
  return math.max(0, math.min(MAX_SLEEP, math.ceil(first.due - loop.ticks())))
end

local function fire_one()
  local entry = heap.first()
  if not entry or entry.due > loop.ticks() then return false end
  heap.remove(entry)
  entry:fire()
  return true
end

--- Runs until the waiter, if any, has its result, or until nothing is left that could do anything. Each turn
-- gives rtmp callbacks, messages and one due time their chance, so that none can starve the others.
function loop.run(waiter)
  local delivered, busy = 0, 0
  while true do
    delivered, busy = poll(sleep_time(busy))
    local dispatched = dispatch()
    if waiter and waiter.result then return end
    local fired = fire_one()
    if waiter and waiter.result then return end
    if delivered > 0 or dispatched or fired then
      busy = 0 -- what was called may have changed it: ask again before sleeping
    elseif busy == 0 and not heap.first() then
      return
    end
  end
end

--- Waits until the waiter, which may be linked to a message id, is woken, at most ms milliseconds if given: in a coroutine
-- by yielding, on the main one by running the loop. Returns, packed, the message that woke it, or what the script
-- itself resumed the coroutine with, or nothing when the time is up.
function loop.await(waiter, ms)
  if ms then
    waiter.fire = time_is_up
    heap.add(waiter, loop.after(loop.ticks(), ms))
  end
  waiter.co = loop.current_task()
  if waiter.co then
    local given = loop.pack(coroutine.yield())
    if not waiter.result then settle(waiter, given) end
    return waiter.result
  end
  local ok, err = loop.guarded(loop.run, { n = 1, waiter })
  settle(waiter, waiter.result)
  if not ok then error(err, 0) end
  if not waiter.result then
    error("sys: no timer, message or connection is left that could end this wait", 3)
  end
  return waiter.result
end

return loop

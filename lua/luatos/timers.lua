--- `sys.timer*`: functions called once or again and again, known by their id or by function and arguments.

local check = require("luatos.check")
local heap = require("luatos.heap")
local loop = require("luatos.loop")

local timers = {}

-- Active timers. A loop timer stays here while its function runs, when it is not in the heap.
local by_id, by_key = {}, {}

local object_ids, last_object = setmetatable({}, { __mode = "k" }), 0

-- A text for each value: the same for the same value, another for any other.
local function identity(value)
  local kind = type(value)
  if kind == "number" then
    local int = math.tointeger and math.tointeger(value)
    return int and ("%d"):format(int) or ("%.17g"):format(value)
  elseif kind == "string" then
    return "s" .. #value .. ":" .. value
  elseif kind == "nil" or kind == "boolean" then
    return tostring(value)
  end
  if not object_ids[value] then
    last_object = last_object + 1
    object_ids[value] = last_object
  end
  return "#" .. object_ids[value]
end

local function key_of(fn, args)
  local parts = { identity(fn) }
  for i = 1, args.n do parts[i + 1] = identity(args[i]) end
  return table.concat(parts, ",")
end

local function find(id_or_fn, ...)
  if type(id_or_fn) == "number" then return by_id[id_or_fn] end
  return by_key[key_of(id_or_fn, loop.pack(...))]
end

local function stop(timer)
  heap.remove(timer)
  by_id[timer.seq], by_key[timer.key] = nil, nil
end

-- A loop timer is due again at the first multiple of its period that is still to come when its function has
-- returned, or failed: it does not drift, does not catch up in a burst, and is never entered twice.
local function fire(timer)
  local period = timer.period
  if not period then stop(timer) end
  local ok, err = loop.guarded(timer.fn, timer.args)
  if period and by_id[timer.seq] then
    local now, due = loop.ticks(), loop.after(timer.due, period)
    if due <= now then due = loop.after(due, (math.floor((now - due) / period) + 1) * period) end
    heap.add(timer, due)
  end
  if not ok then error(err, 0) end
end

local function start(fn, ms, period, args)
  local timer = { fn = fn, args = args, period = period, key = key_of(fn, args), fire = fire }
  if by_key[timer.key] then stop(by_key[timer.key]) end
  heap.add(timer, loop.after(loop.ticks(), ms))
  by_id[timer.seq], by_key[timer.key] = timer, timer
  return timer.seq
end

--- Calls fn(...) once, in ms milliseconds. Replaces the timer with the same function and arguments.
-- Returns an id.
function timers.timerStart(fn, ms, ...)
  check.fn("sys.timerStart", fn)
  check.ms("sys.timerStart", ms)
  return start(fn, ms, nil, loop.pack(...))
end

--- Calls fn(...) every ms milliseconds, otherwise as timerStart.
function timers.timerLoopStart(fn, ms, ...)
  check.fn("sys.timerLoopStart", fn)
  check.ms("sys.timerLoopStart", ms)
  if ms == 0 then error("sys.timerLoopStart: ms must be more than 0", 2) end
  return start(fn, ms, ms, loop.pack(...))
end

--- Stops the timer with this id, or with this function and arguments; one that is not active is no error.
function timers.timerStop(id_or_fn, ...)
  local timer = find(id_or_fn, ...)
  if timer then stop(timer) end
end

--- Stops all timers of a function.
function timers.timerStopAll(fn)
  check.fn("sys.timerStopAll", fn)
  local found = {}
  for _, timer in pairs(by_id) do
    if timer.fn == fn then found[#found + 1] = timer end
  end
  for _, timer in ipairs(found) do stop(timer) end
end

--- Tells whether the timer with this id, or with this function and arguments, will still be called.
function timers.timerIsActive(id_or_fn, ...)
  return find(id_or_fn, ...) ~= nil
end

return timers

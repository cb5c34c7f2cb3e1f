--- The part of the native module that the loop uses, on virtual time: only a sleep inside poll, or fake.advance, moves
-- the clock. A test is as fast as it can be, and the same each time.

local fake = {}

local now, events

--- Back to time 0, with nothing planned.
function fake.reset()
  now, events = 0, {}
  fake.polls = 0    -- calls of poll
  fake.contexts = 0 -- contexts that stay busy by themselves
end

--- Plans a native callback: poll delivers it once the clock has come to ms. Its context is busy until then.
function fake.at(ms, fn)
  events[#events + 1] = { at = ms, fn = fn }
  table.sort(events, function(a, b) return a.at < b.at end)
end

--- Lets time pass, as a slow callback does.
function fake.advance(ms)
  now = now + ms
end

function fake.ticks()
  return now
end

function fake.poll(timeout)
  fake.polls = fake.polls + 1
  assert(type(timeout) == "number" and timeout >= 0 and timeout % 1 == 0, "poll: whole milliseconds expected")
  if not (events[1] and events[1].at <= now) then
    now = now + timeout
    if events[1] and events[1].at < now then now = events[1].at end
  end
  local delivered = 0
  while events[1] and events[1].at <= now do
    delivered = delivered + 1
    table.remove(events, 1).fn()
  end
  return delivered, fake.contexts + #events
end

fake.reset()

return fake

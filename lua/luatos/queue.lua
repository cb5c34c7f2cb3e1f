--- A queue: first in, first out, with a way to put something back in front.

local queue = {}

function queue.new()
  return { first = 1, last = 0 }
end

function queue.is_empty(q)
  return q.first > q.last
end

function queue.append(q, item)
  q.last = q.last + 1
  q[q.last] = item
end

function queue.prepend(q, item)
  q.first = q.first - 1
  q[q.first] = item
end

--- Removes and returns the first item; q must not be empty.
function queue.take(q)
  local item = q[q.first]
  q[q.first] = nil
  q.first = q.first + 1
  return item
end

return queue

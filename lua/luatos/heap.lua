--- What waits for a time: a binary heap of entries, ordered by entry.due, ties by age.
--
-- An entry is a table of the caller's. The heap keeps entry.due, entry.seq (a positive integer that no other
-- entry of the process has; kept when the entry is added again) and entry.pos (nil while it is not in the heap).

local heap = {}

local entries, size, last_seq = {}, 0, 0

local function before(a, b)
  return a.due < b.due or (a.due == b.due and a.seq < b.seq)
end

local function place(entry, i)
  entries[i], entry.pos = entry, i
end

-- Moves entry from the hole at i to where it belongs.
local function sift(entry, i)
  while i > 1 do
    local parent = math.floor(i / 2)
    if not before(entry, entries[parent]) then break end
    place(entries[parent], i)
    i = parent
  end
  while 2 * i <= size do
    local child = 2 * i
    if child < size and before(entries[child + 1], entries[child]) then child = child + 1 end
    if not before(entries[child], entry) then break end
    place(entries[child], i)
    i = child
  end
  place(entry, i)
end

--- Adds an entry that is not in the heap.
function heap.add(entry, due)
  if not entry.seq then
    last_seq = last_seq + 1
    entry.seq = last_seq
  end
  entry.due = due
  size = size + 1
  sift(entry, size)
end

--- Removes an entry; one that is not in the heap is no error.
function heap.remove(entry)
  local i = entry.pos
  if not i then return end
  local last = entries[size]
  entries[size], entry.pos, size = nil, nil, size - 1
  if last ~= entry then sift(last, i) end
end

--- The entry that is due first, or nil.
function heap.first()
  return entries[1]
end

return heap

-- A bus of two messages that is full: no state is lost, and all come in order.
host.fill()
local one, seenOne = watched(url)
local two, seenTwo = watched(url .. "2")
local order = {}
for name, ctx in pairs {a = one, b = two} do
	ctx:setCallback(function(state) order[#order + 1] = name .. state end)
end
assert(one:connect())
local limit = host.ticks() + 20000
while one:getState() ~= rtmp.STATE_PUBLISHING do
	assert(host.ticks() < limit)
	host.sleep(10)
end
one:disconnect() -- 1 to 6 of the first context, and then 6 of the second
two:disconnect()
local waiting, _, refused = host.bus()
equal(2, waiting)
assert(refused >= 7, refused)

-- The loop runs: the thread that tries again delivers all, and then ends.
loop(function() return #order == 7 end)
equal("a1 a2 a3 a4 a5 a6 b6", table.concat(order, " "))
equal(0, (host.bus()))
local _, put = host.bus()
equal(2 + 7, put)
host.fill()
_, put, refused = host.bus()
host.sleep(500)
local _, putLater, refusedLater = host.bus()
equal(put, putLater)
equal(refused, refusedLater)

-- What did not fit goes out with the next event, too. And a full bus is no obstacle to the end.
loop(function() return host.bus() == 0 end)
one:connect()
one:disconnect()
loop(function() return #order >= 7 + 3 and order[#order] == "a6" end)
for i = 9, #order do
	assert(order[i] > order[i - 1])
end
host.fill()
for _ = 1, 100 do
	assert(rtmp.create(url)):disconnect()
end

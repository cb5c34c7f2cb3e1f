-- Several contexts on one camera, and frames that come whether somebody wants them or not.
host.mode("forever")
local one = publishing(url)
loop(function() return pictures(one) >= 30 end)
local two = publishing(url .. "2")
loop(function() return pictures(two) >= 10 end)
one:disconnect()
local sent = pictures(two)
loop(function() return pictures(two) >= sent + 30 end)
equal("callback 0; capture 0 80 rtmp; start 0; callback 0; ", (host.camera()))
two:destroy()
one:destroy()
equal("callback 0; capture 0 80 rtmp; start 0; callback 0; stop 0; ", (host.camera()))

local _, given = host.camera()
one, two = nil, nil
collectgarbage()
loop(function() return select(2, host.camera()) >= given + 20 end)

for i = 3, 12 do
	local ctx = rtmp.create(url .. i)
	ctx:connect()
	loop(function() return ctx:getState() == rtmp.STATE_PUBLISHING end)
	host.frame(2, keyFrame)
	if i % 2 == 0 then
		ctx:destroy()
	else
		ctx = nil
		collectgarbage()
	end
	host.frame(2, keyFrame)
end
publishing(url .. "13") -- alive when the state is closed

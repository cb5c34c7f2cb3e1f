-- The prelude's loop on a clock that comes to the end of 32-bit integers after 5 s, and goes on as a float.

local LIMIT, BEFORE = 0x7FFFFFFF, 5000

local elapsed, polls = 0, 0
package.loaded.rtmp = {
  ticks = function()
    if elapsed <= BEFORE then return LIMIT - BEFORE + elapsed end
    return LIMIT + 0.0 + (elapsed - BEFORE)
  end,
  poll = function(ms)
    assert(math.type(ms) == "integer" and ms >= 0)
    polls = polls + 1
    if ms == 0 and polls % 2 == 0 then ms = 1 end -- time passes in a loop without sleep, too
    elapsed = elapsed + ms
    return 0, 0
  end,
}

local sys = require("sys")

-- What a float of 32 bits is off by, there: as far as half a step at each of two roundings.
local STEP = 256
local function near(got, want, what)
  assert(math.abs(got - want) <= STEP, ("%s: after %s ms, not %s"):format(what, got, want))
end

local fired = {}
local loops = sys.timerLoopStart(function() fired[#fired + 1] = elapsed end, 1000)
sys.timerStart(function() near(elapsed, 9000, "a timer beyond the end") end, 9000)
local day = sys.timerStart(error, 86400000)

sys.wait(2000.0)
assert(elapsed >= 2000 and elapsed < 2005, "before the end a wait is exact")
sys.wait(4000)
near(elapsed, 6000, "the wait over the end")
sys.wait(4000)
near(elapsed, 10000, "the wait behind the end")
assert(#fired >= 9 and #fired <= 11, #fired .. " turns of the timer")
for i = 1, 4 do assert(fired[i] >= i * 1000 and fired[i] < i * 1000 + 5, "before the end a timer is exact") end
assert(sys.timerIsActive(day), "the long timer came too early")
assert(polls < 300, polls .. " sleeps")
sys.timerStop(loops)
sys.timerStop(day)

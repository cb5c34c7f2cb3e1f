--- Argument checks of the prelude. Each blames the caller of the function that checks.

local check = {}

--- ms must be a number of milliseconds, 0 or more.
function check.ms(where, ms)
  if type(ms) ~= "number" or not (ms >= 0) then
    error(("%s: ms must be a number of milliseconds, 0 or more, got %s"):format(where, tostring(ms)), 3)
  end
end

--- fn must be a function.
function check.fn(where, fn)
  if type(fn) ~= "function" then
    error(("%s: function expected, got %s"):format(where, type(fn)), 3)
  end
end

--- what, an id or a name, must not be nil.
function check.given(where, what, value)
  if value == nil then error(("%s: the %s must not be nil"):format(where, what), 3) end
end

return check

--- LuatOS's `log` for stock Lua: one line on stdout for each call, as `I/user.tag value value`.

local log = {
  LOG_DEBUG = 1,
  LOG_INFO = 2,
  LOG_WARN = 3,
  LOG_ERROR = 4,
  LOG_SILENT = 7,
}

local level = log.LOG_DEBUG

local function writer(rank, letter)
  return function(tag, ...)
    if rank < level then return end
    local words, values = { letter .. "/user." .. tostring(tag) }, { ... }
    for i = 1, select("#", ...) do words[i + 1] = tostring(values[i]) end
    io.stdout:write(table.concat(words, " "), "\n")
    io.stdout:flush()
  end
end

log.debug = writer(log.LOG_DEBUG, "D")
log.info = writer(log.LOG_INFO, "I")
log.warn = writer(log.LOG_WARN, "W")
log.error = writer(log.LOG_ERROR, "E")

--- Sets the lowest level that is written: "DEBUG", "INFO", "WARN", "ERROR", "SILENT", or its number; as in
-- LuatOS, 0 is SILENT too.
function log.setLevel(wanted)
  local number = wanted
  if type(wanted) == "string" then number = log["LOG_" .. wanted:upper()] end
  if type(number) ~= "number" or not (number >= 0 and number <= log.LOG_SILENT) then
    error(("log.setLevel: DEBUG, INFO, WARN, ERROR, SILENT or a number from 0 to 7 expected, got %s")
      :format(tostring(wanted)), 2)
  end
  level = number == 0 and log.LOG_SILENT or number
end

--- The number of the lowest level that is written.
function log.getLevel()
  return level
end

return log

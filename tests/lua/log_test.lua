-- log, and the globals that luatos.lua defines.

local harness = require("harness")
local test, equal, raises, fake = harness.test, harness.equal, harness.raises, harness.fake

-- Runs fn(log) with a log that writes into a list, which is returned.
local function capture(fn)
  local real, written, flushed = io.stdout, {}, 0
  io.stdout = {
    write = function(_, ...) written[#written + 1] = table.concat({ ... }) end,
    flush = function() flushed = flushed + 1 end,
  }
  local ok, err = pcall(fn, require("log"))
  io.stdout = real
  if not ok then error(err, 0) end
  equal(flushed, #written, "a flush for each line")
  return written
end

test("each level writes its letter, the tag and the values", function()
  equal(capture(function(log)
    log.debug("main", "a")
    log.info("main", "hello", 1, nil, true, nil)
    log.warn("main")
    log.error(nil, setmetatable({}, { __tostring = function() return "object" end }))
  end), { "D/user.main a\n", "I/user.main hello 1 nil true nil\n", "W/user.main\n", "E/user.nil object\n" })
end)

test("setLevel takes names and numbers", function()
  local function say_all(log)
    for _, name in ipairs({ "debug", "info", "warn", "error" }) do log[name]("t") end
  end
  for level, lines in pairs({ DEBUG = 4, INFO = 3, warn = 2, ERROR = 1, SILENT = 0, [0] = 0, 4, 3, 2, 1, 0 }) do
    equal(#capture(function(log)
      log.setLevel(level)
      say_all(log)
    end), lines, "lines at level " .. level)
  end
end)

test("getLevel tells the number", function()
  local log = require("log")
  equal(log.getLevel(), log.LOG_DEBUG)
  for name, number in pairs({ DEBUG = 1, INFO = 2, WARN = 3, ERROR = 4, SILENT = 7 }) do
    equal(log["LOG_" .. name], number)
    log.setLevel(name)
    equal(log.getLevel(), number)
  end
  log.setLevel(0)
  equal(log.getLevel(), log.LOG_SILENT)
end)

test("setLevel refuses what is no level", function()
  local log = require("log")
  for _, wrong in ipairs({ "LOUD", "", 8, -1, 0 / 0, {}, true }) do raises("log.setLevel: DEBUG", log.setLevel, wrong) end
  raises("got nil", log.setLevel)
  equal(log.getLevel(), log.LOG_DEBUG)
end)

test("luatos defines the globals, and require gives the same tables", function(sys)
  _G.rtmp, _G.sys, _G.log = nil, nil, nil
  local luatos = require("luatos")
  equal(_G.rtmp == fake and _G.sys == sys and _G.log == require("log"), true, "globals")
  equal(luatos.rtmp == fake and luatos.sys == sys and luatos.log == _G.log, true, "returned")
  _G.sys = require("sys")
  equal(_G.sys == sys, true)
  equal({ PROJECT, VERSION }, {}, "left to the script")
end)

test("a script may shadow the module, as the documented sample does", function()
  local luatos = require("luatos")
  _G.rtmp = {}
  luatos.sys.wait(100)
  equal(fake.ticks(), 100)
end)

harness.finish()

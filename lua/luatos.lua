--- Runs LuatOS scripts on stock Lua: defines the globals `rtmp`, `sys` and `log` as LuatOS has them.
--
--     lua5.3 -l luatos script.lua
--
-- LUA_PATH must reach this folder, and LUA_CPATH rtmp.so; the launcher `luat` sets both.

local found, rtmp = pcall(require, "rtmp")
if not found then
  error(([[
luatos: %s cannot load the native module rtmp (rtmp.so).
  Build it: ./build.sh
  Run with: ./luat script.lua
        or: LUA_CPATH="/folder/of/rtmp.so/?.so;;" lua5.3 -l luatos script.lua
  Lua says: %s]]):format(_VERSION, (tostring(rtmp):gsub("\n", "\n  "))), 0)
end

_G.rtmp = rtmp
_G.sys = require("sys")
_G.log = require("log")

return { rtmp = _G.rtmp, sys = _G.sys, log = _G.log }

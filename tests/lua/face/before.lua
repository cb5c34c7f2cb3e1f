--- Runs before the module is opened. Its finalizer runs after the module's own when the state closes: then everything is refused.

local function at_close(fn)
  if newproxy then
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = fn
    return proxy
  end
  return setmetatable({}, { __gc = fn })
end

local pcall = pcall or unsafe_pcall

FACE.before = at_close(function()
  local rtmp = package.loaded.rtmp
  if not rtmp then return end
  for _, call in ipairs({ rtmp.create, rtmp.poll, rtmp.fd }) do
    local ok, err = pcall(call, "rtmp://127.0.0.1/live/x")
    if ok or not tostring(err):find("closed", 1, true) and not tostring(err):find("number expected", 1, true) then
      io.stderr:write("after the module: ", tostring(ok), " ", tostring(err), "\n")
    end
  end
end)

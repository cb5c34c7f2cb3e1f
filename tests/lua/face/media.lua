--- Takes raw H.264 and other files apart, for tests that push frames.

local media = {}

function media.read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

--- The access units of a file in Annex B form. A unit begins with the first NAL unit after a picture that is none of its slices.
function media.access_units(path)
  local data, units, unit, picture = media.read(path), {}, nil, false
  local from = data:find("\0\0\1", 1, true)
  while from do
    local next_one = data:find("\0\0\1", from + 3, true)
    local nalu = data:sub(from + 3, (next_one or #data + 1) - 1):gsub("%z+$", "")
    local kind = nalu:byte(1) % 32
    local slice = kind == 1 or kind == 5
    if not unit or picture and (not slice or nalu:byte(2) >= 128) then -- first_mb_in_slice 0 is a single bit 1
      unit, picture = {}, false
      units[#units + 1] = unit
    end
    unit[#unit + 1] = "\0\0\0\1" .. nalu
    picture = picture or slice
    from = next_one
  end
  for i, nalus in ipairs(units) do units[i] = table.concat(nalus) end
  return units
end

--- The bytes of a text of hexadecimal digits.
function media.unhex(text)
  return (text:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))
end

return media

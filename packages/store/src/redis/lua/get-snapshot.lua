--[[
  Reads one L2 entry. An entry is "<number under which it was loaded>\n<value>"; it is outdated when a wide
  invalidation has a higher number.

  KEYS[1] number of the last message
  KEYS[2] number of the last wide invalidation
  KEYS[3] the entry

  Result: { the present number, the value or nil }
]]
--- @include "includes/read-clock.lua"
--- @include "includes/read-number.lua"
local number = readNumber(KEYS[1])
local wide = tonumber(redis.call('GET', KEYS[2]) or '0')
local entry = redis.call('GET', KEYS[3])
if not entry then return { number, false } end
local cut = string.find(entry, '\n', 1, true)
local loadedUnder = cut and tonumber(string.sub(entry, 1, cut - 1))
if not loadedUnder or loadedUnder < wide then
  redis.call('DEL', KEYS[3])
  return { number, false }
end
return { number, string.sub(entry, cut + 1) }

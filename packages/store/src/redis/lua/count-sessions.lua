--[[
  KEYS[1…] session sets

  Result: the number of live sessions in each.
]]
--- @include "includes/read-clock.lua"
local afterNow = '(' .. string.format('%.0f', (readClock()))
local counts = {}
for i, key in ipairs(KEYS) do counts[i] = redis.call('ZCOUNT', key, afterNow, '+inf') end
return counts

--[[
  Numbers a message, drops the L2 entries that it names, and tells every subscriber: one step, so that nobody
  can see the number without the drop.

  KEYS[1]  number of the last message
  KEYS[2]  number of the last wide invalidation
  KEYS[3…] entries to drop
  ARGV[1]  channel
  ARGV[2]  the invalidations, a JSON array
  ARGV[3]  1 = wide: outdates all entries

  Result: the number of this message.
]]
--- @include "includes/read-clock.lua"
--- @include "includes/read-number.lua"
readNumber(KEYS[1])
local number = string.format('%.0f', redis.call('INCR', KEYS[1]))
if ARGV[3] == '1' then redis.call('SET', KEYS[2], number) end
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('PUBLISH', ARGV[1], '{"n":' .. number .. ',"inv":' .. ARGV[2] .. '}')
return number

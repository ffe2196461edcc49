--[[
  The number of the last invalidation message, as text. It starts from the clock's milliseconds and not from
  0: so a number is never given twice, even after a FLUSHALL, and an old generation never looks current.
  Needs read-clock.
]]
local function readNumber(key)
  local number = redis.call('GET', key)
  if number then return number end
  number = string.format('%.0f', (readClock()))
  redis.call('SET', key, number)
  return number
end

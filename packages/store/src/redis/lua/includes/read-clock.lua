--[[
  The store's clock: one for all nodes, whatever their own clocks say.
  Result: milliseconds since 1970 (a whole number), and the same instant as text down to the microsecond.
]]
local function readClock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), time[1] .. '.' .. time[2]
end

--[[
  KEYS[1] session set
  ARGV[1] session

  Result: 1 = live, 0 = not.
]]
--- @include "includes/read-clock.lua"
local untilMs = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
return untilMs and untilMs > (readClock()) and 1 or 0

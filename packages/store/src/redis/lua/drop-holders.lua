--[[
  Takes members out of the index (see list-holders), unless their node has been heard of meanwhile.

  KEYS[1]  index
  ARGV[1]  for how long nothing must have been heard, ms
  ARGV[2…] members
]]
--- @include "includes/read-clock.lua"
local latest = readClock() - tonumber(ARGV[1])
for i = 2, #ARGV do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if score and tonumber(score) <= latest then redis.call('ZREM', KEYS[1], ARGV[i]) end
end

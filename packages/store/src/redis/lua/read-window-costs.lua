--[[
  KEYS[1…] figures

  Result: for each, start, end and pico-USD; nils when it is not known or its window is over.
]]
--- @include "includes/read-clock.lua"
local nowMs = readClock()
local found = {}
for i, key in ipairs(KEYS) do
  local figure = redis.call('HMGET', key, 's', 'e', 'c')
  local endMs = tonumber(figure[2])
  found[i] = endMs and endMs > nowMs and figure or {}
end
return found

--[[
  All states that stand; those that have ended by themselves are removed.

  KEYS[1] states

  Result: field, text, field, text…
]]
--- @include "includes/read-clock.lua"
--- @include "includes/account-health.lua"
--- @include "includes/count-states.lua"
local nowMs = readClock()
if countStates(KEYS[1]) == 0 then return {} end
local all, standing = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #all, 2 do
  local health = parseHealth(all[i + 1])
  if health and (needsProbe(health.kind) or health.untilMs > nowMs) then
    standing[#standing + 1] = all[i]
    standing[#standing + 1] = all[i + 1]
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
return standing

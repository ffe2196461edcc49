--[[
  Slots: a sorted set of lease ids, scored by the moment at which the lease dies (score <= now is dead).
  Dead members are removed only when the set looks full, so the usual request pays one ZCARD.
]]
local function hasFreeSlot(key, max, nowMs)
  if max <= 0 or redis.call('ZCARD', key) < max then return true end
  redis.call('ZREMRANGEBYSCORE', key, '-inf', nowMs)
  return redis.call('ZCARD', key) < max
end

local function takeSlot(clock, key, leaseId)
  redis.call('ZADD', key, clock.leaseEndText, leaseId)
  redis.call('PEXPIRE', key, clock.leaseTtlText)
end

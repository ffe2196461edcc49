-- The operations on leases.
function handlers.r()
  local register, name = nextNumber(), nextArg()
  if redis.call('ZREM', nextKey(), nextArg()) == 1 then noteFreed(register, name) end
end

function handlers.h()
  renewSlot(nextKey(), nextArg(), clock.nowMs, clock.leaseTtlMs)
end

function handlers.c()
  local register, name = nextNumber(), nextArg()
  local running = redis.call('ZCOUNT', nextKey(), '(' .. string.format('%.0f', clock.nowMs), '+inf')
  local waiting = somebodyWaits and redis.call('HGET', keys[register], name)
  return { running, tonumber(waiting or 0) }
end

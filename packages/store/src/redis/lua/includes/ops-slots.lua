-- The operations on leases.
function handlers.r()
  local register, leaseId = args[argAt + 1] + 0, args[argAt + 2]
  argAt, keyAt = argAt + 2, keyAt + 1
  local key = keys[keyAt]
  if redis.call('ZREM', key, leaseId) == 1 and somebodyWaits then noteSlotFreed(register, key) end
end

-- XX: a lease that died and was removed is not brought back, its slot may be somebody else's by now.
function handlers.h()
  local key = nextKey()
  redis.call('ZADD', key, 'XX', clock.leaseEndText, nextArg())
  redis.call('PEXPIRE', key, clock.leaseTtlText)
end

function handlers.c()
  local register, name = nextNumber(), nextArg()
  local running = redis.call('ZCOUNT', nextKey(), '(' .. string.format('%.0f', clock.nowMs), '+inf')
  local waiting = somebodyWaits and redis.call('HGET', keys[register], name)
  return { running, tonumber(waiting or 0) }
end

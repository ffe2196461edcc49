-- The operations at the end of a request's money, and of what finds it when its node dies.
function handlers.d()
  local register = nextNumber()
  local hold = { key = nextKey(), id = nextArg() }
  hold.isOwn, hold.cost, hold.change = nextNumber() == 1, nextArg(), nextArg()
  for i = 1, nextNumber() do hold[i] = { name = nextArg(), windowMs = nextNumber() } end
  settleHold(clock, hold)
  if somebodyWaits then noteFreed(register, '') end
end

function handlers.b()
  local register = nextNumber()
  settleHold(clock, { key = nextKey(), id = nextArg(), cost = nextArg(), change = nextArg(), isOwn = false, BALANCE })
  if somebodyWaits then noteFreed(register, '') end
end

function handlers.n()
  redis.call('ZADD', nextKey(), clock.nowMs, nextArg())
end

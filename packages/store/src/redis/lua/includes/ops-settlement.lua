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
  local at = argAt
  argAt, keyAt = at + 4, keyAt + 1
  settleBalance(keys[keyAt], args[at + 2], args[at + 3], args[at + 4])
  if somebodyWaits then noteFreed(args[at + 1] + 0, '') end
end

function handlers.n()
  redis.call('ZADD', nextKey(), clock.nowMs, nextArg())
end

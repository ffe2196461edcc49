-- The operation that admits.
function handlers.a()
  local ask = { limits = {}, rpmKeys = {}, slots = {} }
  local rpmCount, hasBalance, slotCount = nextNumber(), nextNumber() == 1, nextNumber()
  for i = 1, rpmCount do ask.limits[i], ask.rpmKeys[i] = nextNumber(), nextKey() end
  if hasBalance then ask.balanceKey, ask.seedKey = nextKey(), nextKey() end
  for i = 1, slotCount do ask.slots[i] = { key = nextKey(), max = nextNumber(), leaseId = nextArg() } end
  if slotCount > 0 then ask.register, ask.queueMax = nextNumber(), nextNumber() end
  return admitRequest(clock, ask)
end

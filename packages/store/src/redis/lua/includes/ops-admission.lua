-- The operation that admits.
function handlers.a()
  local ask = { windows = {}, slots = {} }
  local windowCount, balance, quota, slotCount = nextNumber(), nextNumber(), nextNumber(), nextNumber()
  for i = 1, windowCount do
    local kind = nextArg()
    ask.windows[i] = {
      key = nextKey(),
      isTokens = string.sub(kind, 1, 1) == 't',
      isSliding = string.sub(kind, 2) == 's',
      limit = nextNumber(),
      cost = nextNumber(),
    }
  end
  if quota == 1 then ask.quotaKey = nextKey() end
  if balance == 1 then ask.balanceKey, ask.seedKey = nextKey(), nextKey() end
  for i = 1, slotCount do ask.slots[i] = { key = nextKey(), max = nextNumber(), leaseId = nextArg() } end
  if slotCount > 0 then ask.register, ask.queueMax = nextNumber(), nextNumber() end
  return admitRequest(clock, ask)
end

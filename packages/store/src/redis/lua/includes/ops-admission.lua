-- The operation that admits.
function handlers.a()
  local windows, slots, asked = {}, {}, nextNumber()
  local ask = { windows = windows, slots = slots, hasTokens = false, register = 0, queueMax = -1 }
  for i = 1, nextNumber() do
    local kind = nextNumber() -- 0 requests, 1 tokens; + 2 = sliding
    local isTokens = kind % 2 == 1
    if isTokens then ask.hasTokens = true end
    windows[i] = {
      key = nextKey(),
      isTokens = isTokens,
      isSliding = kind >= 2,
      limit = nextNumber(),
      cost = nextNumber(),
      used = 0,
      stamp = 0,
      resetMs = 0,
    }
  end
  if asked >= 2 then ask.quotaKey = nextKey() end
  if asked % 2 == 1 then ask.balanceKey, ask.seedKey = nextKey(), nextKey() end
  local slotCount = nextNumber()
  for i = 1, slotCount do slots[i] = { key = nextKey(), max = nextNumber(), leaseId = nextArg() } end
  if slotCount > 0 then ask.register, ask.queueMax = nextNumber(), nextNumber() end
  return admitRequest(clock, ask)
end

-- The operation that admits.
local function readMoney()
  if not purses then loadFamily('purses') end
  local money = { key = nextKey() }
  for i = 1, nextNumber() do money[i] = { name = nextArg(), room = nextArg(), windowMs = nextNumber() } end
  money.hold, money.text, money.slotIndex = nextArg(), nextArg(), nextNumber()
  money.isOwn = money.slotIndex == 0
  if money.isOwn then money.id = nextArg() end
  return money
end

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
  if asked % 2 == 1 then ask.money = readMoney() end
  local slotCount = nextNumber()
  for i = 1, slotCount do slots[i] = { key = nextKey(), max = nextNumber(), leaseId = nextArg() } end
  if slotCount > 0 then ask.register, ask.queueMax = nextNumber(), nextNumber() end
  -- The lease that keeps a hold has its id.
  if ask.money and not ask.money.isOwn then ask.money.id = slots[ask.money.slotIndex].leaseId end
  return admitRequest(clock, ask)
end

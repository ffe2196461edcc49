-- The operation that admits. Its money is mostly a balance alone, whose hold goes with the first slot: that is spelled
-- short.
local function readBalance()
  local key, text, hold = nextKey(), nextText(), nextArg()
  return {
    key = key, hold = hold, text = text, slotIndex = 1, isOwn = false,
    { name = 'b', room = hold == '0' and '-1' or '-' .. hold, windowMs = 0, claimed = false, endMs = 0 },
  }
end

local function readMoney()
  local money = { key = nextKey(), text = nextText() }
  for i = 1, nextNumber() do money[i] = { name = nextArg(), room = nextArg(), windowMs = nextNumber() } end
  money.hold, money.slotIndex = nextArg(), nextNumber()
  money.isOwn = money.slotIndex == 0
  if money.isOwn then money.id = nextArg() end
  return money
end

function handlers.a()
  local args, keys, at = args, keys, argAt
  local windows, slots, asked, moneyKind, windowCount = {}, {}, args[at + 1] + 0, args[at + 2] + 0, args[at + 3] + 0
  argAt = at + 3 + 3 * windowCount
  at = at + 4
  local ask = { windows = windows, slots = slots, hasTokens = false, register = 0, queueMax = -1 }
  for i = 1, windowCount do
    local kind = args[at] + 0 -- 0 requests, 1 tokens; + 2 = sliding
    local isTokens = kind % 2 == 1
    if isTokens then ask.hasTokens = true end
    windows[i] = {
      key = keys[keyAt + i],
      isTokens = isTokens,
      isSliding = kind >= 2,
      limit = args[at + 1] + 0,
      cost = args[at + 2] + 0,
      used = 0,
      stamp = 0,
      resetMs = 0,
    }
    at = at + 3
  end
  keyAt = keyAt + windowCount
  if asked == 1 then ask.quotaKey = nextKey() end
  if moneyKind > 0 then
    if not purses then loadFamily('purses') end
    ask.money = moneyKind == 1 and readBalance() or readMoney()
  end
  local slotCount = nextNumber()
  for i = 1, slotCount do slots[i] = { key = nextKey(), max = nextNumber(), leaseId = nextArg() } end
  if slotCount > 0 then ask.register, ask.queueMax = nextNumber(), nextNumber() end
  -- The lease that keeps a hold has its id.
  if ask.money and not ask.money.isOwn then ask.money.id = slots[ask.money.slotIndex].leaseId end
  return admitRequest(clock, ask)
end

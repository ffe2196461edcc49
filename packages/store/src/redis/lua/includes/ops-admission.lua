-- The operation that admits. Its money is mostly a balance alone, whose hold goes with the first slot: that is spelled
-- short.

-- Both give the index of the slot set whose lease keeps the hold, which has its id; 0 = it has a lease of its own.
local function readBalance()
  local key, text, hold = nextKey(), nextText(), nextArg()
  return {
    key = key, hold = hold, text = text, id = '',
    { name = 'b', room = hold == '0' and '-1' or '-' .. hold, windowMs = 0, claimed = false, endMs = 0 },
  }, 1
end

local function readMoney()
  local money = { key = nextKey(), text = nextText() }
  for i = 1, nextNumber() do money[i] = { name = nextArg(), room = nextArg(), windowMs = nextNumber() } end
  money.hold = nextArg()
  local slotIndex = nextNumber()
  money.isOwn = slotIndex == 0
  if money.isOwn then money.id = nextArg() end
  return money, slotIndex
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
  local slotIndex = 0
  if asked == 1 then ask.quotaKey = nextKey() end
  if moneyKind > 0 then
    if not purses then loadFamily('purses') end
    if moneyKind == 1 then ask.money, slotIndex = readBalance() else ask.money, slotIndex = readMoney() end
  end
  local slotCount = nextNumber()
  for i = 1, slotCount do slots[i] = { key = nextKey(), max = nextNumber(), leaseId = nextArg() } end
  if slotCount > 0 then ask.register, ask.queueMax = nextNumber(), nextNumber() end
  if slotIndex > 0 then ask.money.id = slots[slotIndex].leaseId end
  return admitRequest(clock, ask)
end

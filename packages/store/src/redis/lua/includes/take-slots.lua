--[[
  Takes all slots of a request or none. Result: 0 = taken, else the index of the slot set that is full.
  Needs take-slot.
]]
local function takeSlots(clock, slots)
  for i = 1, #slots do
    local slot = slots[i]
    if not hasFreeSlot(slot.key, slot.max, clock.nowMs) then
      for taken = 1, i - 1 do redis.call('ZREM', slots[taken].key, slots[taken].leaseId) end
      return i
    end
    takeSlot(clock, slot.key, slot.leaseId)
  end
  return 0
end

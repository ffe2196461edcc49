--[[
  Takes all slots of a request or none. Result: 0 = taken, else the index of the slot set that is full.
  Needs take-slot, find-queue.
]]
-- Those who wait go first; slots that are still free after that, none of them can use. Result: nil when nobody waited,
-- else the purses that those who stay are short of, by name.
local function letWaitersGo(clock, register, slots)
  local queue = somebodyWaits and findQueue(register, '')
  if not queue then return nil end
  queues.noteMax(queue, slots)
  local _, closed = queues.grant(queue, clock)
  return closed
end

local function takeSlots(clock, slots)
  for i = 1, #slots do
    local slot = slots[i]
    if not hasFreeSlot(slot.key, slot.max, clock.nowMs) then
      for taken = 1, i - 1 do redis.call('ZREM', slots[taken].key, slots[taken].leaseId) end
      return i
    end
    takeSlot(slot.key, slot.leaseId, clock.nowMs, clock.leaseTtlMs)
  end
  return 0
end

-- Result: nil when the request waits now, else the length of the queue that is full.
local function waitForSlots(clock, ask)
  local slots, queue = ask.slots, openQueue(ask.register, '')
  local length = redis.call('ZCARD', queue.order)
  if length >= ask.queueMax then return length end
  enterQueue(queue, { id = slots[1].leaseId, node = clock.node, user = '', weight = 1, slots = slots, money = ask.money })
  return nil
end

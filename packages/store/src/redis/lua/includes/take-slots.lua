--[[
  Takes all slots of a request or none. Those who wait for them go first; what is still free after that, none of
  them can use. Result: 0 = taken, else the index of the slot set that is full.
  Needs take-slot, find-queue.
]]
local function takeSlots(clock, register, slots)
  local queue = somebodyWaits and findQueue(register, '')
  if queue then
    queues.noteMax(queue, slots)
    queues.grant(queue, clock)
  end
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
local function waitForSlots(clock, register, slots, queueMax)
  local queue = openQueue(register, '')
  local length = redis.call('ZCARD', queue.order)
  if length >= queueMax then return length end
  enterQueue(queue, { id = slots[1].leaseId, node = clock.node, user = '', weight = 1, slots = slots })
  return nil
end

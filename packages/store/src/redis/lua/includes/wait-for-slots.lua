--[[
  What an admission does where requests wait, or when it is to wait itself: mostly neither, so this is made when it is met.
  Needs take-slot, find-queue, passes and moneyRules of run-turn.
]]
local function spellMaxima(slots)
  local maxima = {}
  for i = 1, #slots do maxima[i] = slots[i].key .. '=' .. slots[i].max end
  return table.concat(maxima, ' ')
end

-- Those who wait go first; slots that are still free after that, none of them can use. Result: nil when nobody waited,
-- else the purses that those who stay are short of, by name. One look serves all admissions that follow one another and
-- name the same maxima: a burst of newcomers does not cost a look at the whole queue each.
local function letWaitersGo(clock, register, slots)
  local queue = findQueue(register, '')
  if not queue then return nil end
  passes = passes or {}
  local pass = passes[register] or { closed = {}, seen = {} }
  passes[register] = pass
  local maxima = spellMaxima(slots)
  if not pass.seen[maxima] then
    queues.noteMax(queue, slots)
    local _, closed = queues.grant(queue, clock)
    pass.closed, pass.seen[maxima] = closed, true
  end
  return pass.closed
end

-- What a look at the queue would find of the newcomer: those behind do not take the money that it waits for.
local function closePurses(clock, ask)
  local pass = passes and passes[ask.register]
  if not pass or not ask.money or not moneyRules then return end
  for i = 1, #ask.slots do
    if not hasFreeSlot(ask.slots[i].key, ask.slots[i].max, clock.nowMs) then return end
  end
  moneyRules.closeShort(ask.money, pass.closed)
end

-- Result: nil when the request waits now, else the length of the queue that is full.
local function waitForSlots(clock, ask)
  local slots, queue = ask.slots, openQueue(ask.register, '')
  local length = redis.call('ZCARD', queue.order)
  if length >= ask.queueMax then return length end
  enterQueue(queue, { id = slots[1].leaseId, node = clock.node, user = '', weight = 1, slots = slots, money = ask.money })
  closePurses(clock, ask)
  return nil
end

waiting = { letGo = letWaitersGo, enter = waitForSlots }

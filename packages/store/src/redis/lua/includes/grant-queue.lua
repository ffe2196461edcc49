--[[
  Gives free slots to those who wait, in their order. The lease is taken for the waiter there and then, so two
  never race for a slot. A ticket that cannot go because of its key does not hold up those behind it; the gate is
  everybody's, so when it is full nobody can go.
  Needs drop-ticket, note-max, take-slot, tell-node, lose-blocked.
]]
local TICKETS_AT_ONCE = 16

-- Drops the tickets whose node has not renewed them: it is gone, or its cancelling was lost.
local function sweepQueue(queue, nowMs)
  local dead = redis.call('ZRANGEBYSCORE', queue.expiry, '-inf', nowMs)
  for i = 1, #dead do dropTicket(queue, dead[i]) end
end

local function hasRoom(queue, ticket, nowMs)
  for i = 6, #ticket, 2 do
    if not hasFreeSlot(ticket[i], readMax(queue, ticket[i]), nowMs) then return false end
  end
  return true
end

local function grantTicket(queue, clock, ticketId, place, ticket)
  local node, user, sinceMs = ticket[1], ticket[2], ticket[3]
  for i = 4, #ticket, 2 do takeSlot(ticket[i], ticket[i + 1], clock.nowMs, clock.leaseTtlMs) end
  local known = redis.call('HMGET', queue.tickets, 'v', 's:' .. user)
  -- Never back: one that was passed over goes later than its place.
  if tonumber(place) > tonumber(known[1] or 0) then redis.call('HSET', queue.tickets, 'v', place) end
  if known[2] == place then redis.call('HDEL', queue.tickets, 's:' .. user) end -- not beyond 'v'
  dropTicket(queue, ticketId)
  tellNode(queue, node, ticketId, NEWS_GRANTED, math.max(0, clock.nowMs - sinceMs))
end

local function grantQueue(queue, clock)
  sweepQueue(queue, clock.nowMs)
  loseBlocked(queue, clock)
  local passed = 0
  while true do
    local listed = redis.call('ZRANGE', queue.order, passed, passed + TICKETS_AT_ONCE - 1, 'WITHSCORES')
    if #listed == 0 then return noteLength(queue) end
    for i = 1, #listed, 2 do
      if not hasFreeSlot(queue.gate, readMax(queue, queue.gate), clock.nowMs) then return noteLength(queue) end
      local packed = redis.call('HGET', queue.tickets, listed[i])
      if not packed then
        dropTicket(queue, listed[i])
      else
        local ticket = cjson.decode(packed)
        if hasRoom(queue, ticket, clock.nowMs) then
          grantTicket(queue, clock, listed[i], listed[i + 1], ticket)
        else
          passed = passed + 1
        end
      end
    end
  end
end

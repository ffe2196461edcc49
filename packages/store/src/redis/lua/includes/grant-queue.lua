--[[
  Gives free slots to those who wait, in their order. The lease is taken for the waiter there and then, so two
  never race for a slot. A ticket that cannot go because of its key does not hold up those behind it; the gate is
  everybody's, so when it is full nobody can go. One that is short of a purse holds up those behind who want of it.
  Needs drop-ticket, note-max, take-slot, tell-node, lose-blocked, look-at-money.
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

local function unpackMoney(packed)
  if not packed then return nil end
  if not purses then loadFamily('purses') end
  local list = cjson.decode(packed)
  local money = { key = list[1], hold = list[2], id = list[3], text = list[4], isOwn = false }
  for i = 5, #list, 3 do money[#money + 1] = { name = list[i], room = list[i + 1], windowMs = list[i + 2] } end
  return money
end

local function grantTicket(queue, clock, ticketId, place, ticket, money)
  local node, user, sinceMs = ticket[1], ticket[2], ticket[3]
  for i = 4, #ticket, 2 do takeSlot(clock, ticket[i], ticket[i + 1]) end
  if money then purses.hold(clock, money) end
  local known = redis.call('HMGET', queue.tickets, 'v', 's:' .. user)
  -- Never back: one that was passed over goes later than its place.
  if tonumber(place) > tonumber(known[1] or 0) then redis.call('HSET', queue.tickets, 'v', place) end
  if known[2] == place then redis.call('HDEL', queue.tickets, 's:' .. user) end -- not beyond 'v'
  dropTicket(queue, ticketId)
  tellNode(queue, node, ticketId, NEWS_GRANTED, math.max(0, clock.nowMs - sinceMs))
end

-- Result: how many stay, and the purses that they are short of, by name.
local function grantQueue(queue, clock)
  sweepQueue(queue, clock.nowMs)
  loseBlocked(queue, clock)
  local passed, closed = 0, {}
  while true do
    local listed = redis.call('ZRANGE', queue.order, passed, passed + TICKETS_AT_ONCE - 1, 'WITHSCORES')
    if #listed == 0 then return noteLength(queue), closed end
    for i = 1, #listed, 2 do
      if not hasFreeSlot(queue.gate, readMax(queue, queue.gate), clock.nowMs) then return noteLength(queue), closed end
      local packed, packedMoney = unpack(redis.call('HMGET', queue.tickets, listed[i], 'h:' .. listed[i]))
      if not packed then
        dropTicket(queue, listed[i])
      else
        local ticket = cjson.decode(packed)
        local money, verdict = nil, 'waits'
        if hasRoom(queue, ticket, clock.nowMs) then
          money = unpackMoney(packedMoney)
          verdict = money and lookAtMoney(queue, clock, listed[i], ticket[1], money, closed) or 'fits'
        end
        if verdict == 'fits' then
          grantTicket(queue, clock, listed[i], listed[i + 1], ticket, money)
        elseif verdict == 'waits' then
          passed = passed + 1
        end
      end
    end
  end
end

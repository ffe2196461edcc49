--[[
  Puts a ticket into its place: start-time fair queuing. A user's tickets are a span of 1e6 / weight apart, and
  the first of them starts from the place of the last grant: so users share by weight, a newcomer is not behind
  all that others have queued, nobody saves up turns, and one user's tickets stay first come, first served.

  ticket: id, node, user ('' = none to be fair to), weight (1 to 100), slots ({ key, max, leaseId }, gate first),
  model (what it asks an account for; nil in a user's queue), money (see purses; nil = none is asked for)
  Needs drop-ticket, note-max.
]]
local WEIGHT_SPAN = 1000000

local function packMoney(money)
  local packed = { money.key, money.hold, money.id, money.text }
  for i = 1, #money do
    packed[#packed + 1] = money[i].name
    packed[#packed + 1] = money[i].room
    packed[#packed + 1] = money[i].windowMs
  end
  return cjson.encode(packed)
end

local function enqueueTicket(queue, clock, ticket)
  local last = redis.call('HMGET', queue.tickets, 'v', 's:' .. ticket.user)
  local from = math.max(tonumber(last[1] or 0), tonumber(last[2] or 0))
  local place = string.format('%.0f', from + math.floor(WEIGHT_SPAN / ticket.weight))
  local packed = { ticket.node, ticket.user, clock.nowMs }
  for i = 1, #ticket.slots do
    packed[#packed + 1] = ticket.slots[i].key
    packed[#packed + 1] = ticket.slots[i].leaseId
  end
  redis.call('ZADD', queue.order, place, ticket.id)
  redis.call('ZADD', queue.expiry, clock.nowMs + clock.ticketTtlMs, ticket.id)
  redis.call('HSET', queue.tickets, ticket.id, cjson.encode(packed), 's:' .. ticket.user, place)
  if ticket.money then redis.call('HSET', queue.tickets, 'h:' .. ticket.id, packMoney(ticket.money)) end
  if ticket.model then redis.call('HSET', queue.tickets, 'x:' .. ticket.id, ticket.model) end
  noteMax(queue, ticket.slots)
  noteLength(queue)
  keepQueue(queue, clock.leaseTtlText)
end

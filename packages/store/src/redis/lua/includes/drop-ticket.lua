--[[
  Takes a ticket out of its queue. Result: 1 when it was there. `noteLength` follows when all are out.
]]
local function dropTicket(queue, ticketId)
  redis.call('HDEL', queue.tickets, ticketId, 'x:' .. ticketId, 'h:' .. ticketId)
  redis.call('ZREM', queue.expiry, ticketId)
  return redis.call('ZREM', queue.order, ticketId)
end

-- Writes the length into the register; with the last ticket goes all that the queue remembers.
local function noteLength(queue)
  local length = redis.call('ZCARD', queue.order)
  if length > 0 then
    redis.call('HSET', queue.register, queue.name, length)
  else
    redis.call('HDEL', queue.register, queue.name)
    redis.call('DEL', queue.order, queue.tickets, queue.expiry)
  end
  return length
end

-- What all nodes have forgotten goes by itself.
local function keepQueue(queue, ttlText)
  redis.call('PEXPIRE', queue.register, ttlText)
  redis.call('PEXPIRE', queue.order, ttlText)
  redis.call('PEXPIRE', queue.tickets, ttlText)
  redis.call('PEXPIRE', queue.expiry, ttlText)
end

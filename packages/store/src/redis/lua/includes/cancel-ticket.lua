--[[
  The waiter leaves: takes its ticket out, or gives back the leases of a grant that it has not heard of or does
  not want. Harmless when repeated.

  Result: whether there was anything to give back, and whether slots came free.
  Needs drop-ticket.
]]
local function cancelTicket(queue, ticketId, slotKeys, leaseIds)
  if dropTicket(queue, ticketId) == 1 then
    noteLength(queue)
    return true, false
  end
  local freed = 0
  for i = 1, #slotKeys do freed = freed + redis.call('ZREM', slotKeys[i], leaseIds[i]) end
  return freed > 0, freed > 0
end

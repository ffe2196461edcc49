-- The operations on tickets, and what other operations use of queues (see find-queue).
queues = {
  open = spellQueue,
  noteMax = noteMax,
  enqueue = enqueueTicket,
  grant = grantQueue,
  sendNews = sendNews,
}

function handlers.q()
  local register, name, ticketId, count = nextNumber(), nextArg(), nextArg(), nextNumber()
  local queue, slotKeys, leaseIds = openQueue(register, name), {}, {}
  for i = 1, count do slotKeys[i], leaseIds[i] = nextKey(), nextArg() end
  if cancelTicket(queue, ticketId, slotKeys, leaseIds) then noteFreed(register, name) end
end

function handlers.w()
  local register, name, count = nextNumber(), nextArg(), nextNumber()
  local ticketIds = {}
  for i = 1, count do ticketIds[i] = nextArg() end
  return renewTickets(openQueue(register, name), clock, ticketIds)
end

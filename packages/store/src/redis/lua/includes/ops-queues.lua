-- The operations on tickets, and what other operations use of queues (see find-queue).
queues = {
  open = spellQueue,
  noteMax = noteMax,
  enqueue = enqueueTicket,
  grant = grantQueue,
  sendNews = sendNews,
}

local function giveHoldBack()
  if not settleHold then loadFamily('d') end
  local hold = { key = nextKey(), id = nextArg(), cost = '0', change = nextArg(), isOwn = false }
  for i = 1, nextNumber() do hold[i] = { name = nextArg(), windowMs = nextNumber() } end
  settleHold(clock, hold)
end

function handlers.q()
  local register, name, ticketId, count = nextNumber(), nextArg(), nextArg(), nextNumber()
  local queue, slotKeys, leaseIds = openQueue(register, name), {}, {}
  for i = 1, count do slotKeys[i], leaseIds[i] = nextKey(), nextArg() end
  local wasThere, isFreed = cancelTicket(queue, ticketId, slotKeys, leaseIds)
  if isFreed then noteFreed(register, name) end
  local windowCount = nextNumber()
  if windowCount > 0 and not correctWindow then loadFamily('k') end
  for _ = 1, windowCount do
    local isSliding, key, stamp, cost = nextArg() == 's', nextKey(), nextNumber(), nextNumber()
    -- Only once, however often it is repeated.
    if wasThere then correctWindow(clock, key, isSliding, stamp, -cost) end
  end
  if nextNumber() == 1 then giveHoldBack() end
end

function handlers.w()
  local register, name, count = nextNumber(), nextArg(), nextNumber()
  local ticketIds = {}
  for i = 1, count do ticketIds[i] = nextArg() end
  return renewTickets(openQueue(register, name), clock, ticketIds)
end

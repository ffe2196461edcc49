--[[
  A node's heartbeat for its tickets in one queue; also the only thing that moves a queue whose slots all died
  with their nodes.

  Result, one for each ticket: 0 = gone, 1 = granted, 2 = it waits.
  Needs drop-ticket, grant-queue.
]]
local function renewTickets(queue, clock, ticketIds)
  local diesAtMs = clock.nowMs + clock.ticketTtlMs
  for i = 1, #ticketIds do redis.call('ZADD', queue.expiry, 'XX', diesAtMs, ticketIds[i]) end
  keepQueue(queue, clock.leaseTtlText)
  grantQueue(queue, clock)
  local states = {}
  for i = 1, #ticketIds do
    -- A ticket has the id of the lease that it gets at the gate.
    local lease = redis.call('ZSCORE', queue.gate, ticketIds[i])
    if redis.call('ZSCORE', queue.order, ticketIds[i]) then
      states[i] = 2
    elseif lease and tonumber(lease) > clock.nowMs then
      states[i] = 1
    else
      states[i] = 0
    end
  end
  return states
end

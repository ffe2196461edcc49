--[[
  How the other operations meet queues. One look at all registers serves the whole turn: usually nobody waits
  anywhere, and then nothing else about queues is read or loaded.
  Needs keys, registerCount, clock of run-turn.
]]
local somebodyWaits = registerCount > 0 and redis.call('EXISTS', unpack(keys, 1, registerCount)) > 0
local freed = nil
local queues, loadQueueFunctions = nil, nil

local function openQueue(register, name)
  if not queues then loadQueueFunctions() end
  return queues.open(keys[register], name)
end

-- The queue of a user ('') or account in the register of that number; nil when nobody waits there.
local function findQueue(register, name)
  if not somebodyWaits or redis.call('HEXISTS', keys[register], name) == 0 then return nil end
  return openQueue(register, name)
end

-- The newcomer waits. Ticket: see enqueue-ticket.
local function enterQueue(queue, ticket)
  somebodyWaits = true
  queues.enqueue(queue, clock, ticket)
end

-- Slots came free. They are given on when all releases of the turn are done: a waiter may need two of them.
local function noteFreed(register, name)
  local queue = findQueue(register, name)
  if queue then
    freed = freed or {}
    freed[queue] = true
  end
end

local function grantFreed()
  if not freed then return end
  local now = freed
  freed = nil
  for queue in pairs(now) do queues.grant(queue, clock) end
end

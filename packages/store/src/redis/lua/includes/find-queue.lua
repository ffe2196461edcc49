--[[
  How the other operations meet queues. One look at all registers serves the whole turn: usually nobody waits
  anywhere, and then nothing else about queues is read or even made.
  Needs keys, registerCount, clock, loadFamily of run-turn.

  openQueue(register, name)       the queue of a user ('') or account in the register of that number
  findQueue(register, name)       the same; nil when nobody waits there
  enterQueue(queue, ticket)       the newcomer waits (ticket: see enqueue-ticket)
  noteFreed(register, name)       slots came free; they are given on when all releases of the turn are done, for
                                  a waiter may need two of them
  noteSlotFreed(register, key)    the same, by the slot set
  grantFreed()
]]
somebodyWaits = registerCount > 0 and redis.call('EXISTS', unpack(keys, 1, registerCount)) > 0

local function nothing()
  return nil
end
local findQueue, noteFreed, noteSlotFreed, grantFreed = nothing, nothing, nothing, nothing
local openQueue, enterQueue

local function meetQueues()
  local freed = {}
  somebodyWaits = true
  loadFamily('queues')

  openQueue = function(register, name)
    return queues.open(keys[register], name)
  end

  findQueue = function(register, name)
    if redis.call('HEXISTS', keys[register], name) == 0 then return nil end
    return openQueue(register, name)
  end

  enterQueue = function(queue, ticket)
    queues.enqueue(queue, clock, ticket)
  end

  noteFreed = function(register, name)
    local queue = findQueue(register, name)
    if queue then freed[queue] = true end
  end

  -- The slots of an account have its id behind the tag; all of a user's are waited for in one queue.
  noteSlotFreed = function(register, slotKey)
    local tag = string.sub(keys[register], 1, -1 - #':waiting')
    local isAccount = string.sub(tag, -5) == '{acc}'
    noteFreed(register, isAccount and string.sub(slotKey, #tag + #':slots:' + 1) or '')
  end

  grantFreed = function()
    local now = freed
    freed = {}
    for queue in pairs(now) do queues.grant(queue, clock) end
  end
end

-- For who waits first: makes what is not made yet.
openQueue = function(register, name)
  meetQueues()
  return openQueue(register, name)
end

--[[
  Takes one slot on the best account that may be used. The order is that of src/rules/compare-accounts.ts.

  pool   the candidates by rising priority number (see read-candidates), with what is read about them. Takes of one turn
         that ask for the same accounts share it: it is kept true by each take.
  ask    what this request brings: register, leaseId, turn (chance), session ('' = none); stickyKey, stickyName,
         stickyTtlMs; waitMax (-1 = does not wait), stickyWaitMax, user, weight; and what is found for it

  Result, first element:
    0  none: exclusions
    1  taken: index of the account, flags (1 sticky, 2 probe), end of the session that was registered (0 = none),
       exclusions
    2  window costs are not known: a list with index and seed token of each
    3  waits: as 1
  Mostly the index of the account alone: taken, and nothing else to say.
  Exclusions: a flat list with, for each, index, reason (position in ACCOUNT_EXCLUSION_REASONS), ms until it ends by
  itself (-1 = not known).
  Needs take-slot, find-queue, count-states, read-candidates; accountRules of run-turn (see judge-account).
]]
local HMGET_MAX = 1000 -- unpack() is bounded by Lua's C stack
local afterNow = '(' .. clock.nowMs

-- Made when something may keep a candidate out.
local function meetRules()
  if not accountRules then loadFamily('accounts') end
  return accountRules
end

-- Calls visit(position, value) for each of the fields.
local function readFields(key, fields, visit)
  for at = 1, #fields, HMGET_MAX do
    local last = math.min(at + HMGET_MAX - 1, #fields)
    local values = redis.call('HMGET', key, unpack(fields, at, last))
    for i = at, last do visit(i, values[i - at + 1]) end
  end
end

-- Only accounts that are not clean have a field: mostly there is none at all.
local function readStandings(pool, nowMs)
  if pool.hasStandings then return end
  pool.hasStandings = true
  if countStates(pool.stateKey) == 0 then return end
  readCandidates(pool)
  local rules, fields = meetRules(), {}
  for i = 1, pool.count do
    fields[#fields + 1] = pool[i].accountId
    fields[#fields + 1] = rules.healthField(pool[i].accountId, pool[i].model)
  end
  readFields(pool.stateKey, fields, function(i, text)
    if text then rules.noteStanding(pool[math.ceil(i / 2)], pool.stateKey, fields[i], text, nowMs) end
  end)
end

-- What this turn has taken has its number already: it is not written yet.
local function readTakenNumbers(pool, first, last)
  if pool[first].isRead then return end
  pool[first].isRead = true
  local fields = {}
  for i = first, last do fields[#fields + 1] = pool[i].accountId end
  readFields(pool.lruKey, fields, function(i, number)
    local candidate = pool[first + i - 1]
    if not candidate.isTaken then candidate.takenNumber = tonumber(number or 0) end
  end)
end

-- The order of use is written when the turn's takes of these accounts are over.
local function noteTaken(pool, candidate)
  if not pool.firstNumber then
    pool.firstNumber = redis.call('INCR', pool.sequenceKey)
    pool.lastNumber = pool.firstNumber
  else
    pool.lastNumber = pool.lastNumber + 1
  end
  candidate.takenNumber, candidate.isTaken = pool.lastNumber, true
end

local function writeTaken(pool)
  if not pool or not pool.firstNumber then return end
  if pool.lastNumber > pool.firstNumber then
    redis.call('INCRBY', pool.sequenceKey, pool.lastNumber - pool.firstNumber)
  end
  local fields = {}
  for i = 1, pool.count do
    local candidate = pool[i]
    if candidate and candidate.isTaken then
      fields[#fields + 1] = candidate.accountId
      fields[#fields + 1] = candidate.takenNumber
    end
  end
  for at = 1, #fields, HMGET_MAX do
    redis.call('HSET', pool.lruKey, unpack(fields, at, math.min(at + HMGET_MAX - 1, #fields)))
  end
end

local function exclude(ask, candidate, reason)
  local rules = meetRules()
  rules.exclude(ask, candidate, rules.reasons[reason], -1)
end

-- Nothing can keep it out.
local function isPlain(candidate)
  return not candidate.blockedBy and not candidate.sessionsKey and not candidate.costKey
end

local function mayUse(clock, ask, candidate, isSticky)
  return isPlain(candidate) or meetRules().judge(clock, ask, candidate, isSticky)
end

-- Those who wait for it go first; what is free after that, none of them can use. The dead are not counted.
local function readUse(clock, ask, candidate)
  local queue = findQueue(ask.register, candidate.accountId)
  if queue then
    queues.noteMax(queue, { candidate })
    candidate.waiting = queues.grant(queue, clock)
  else
    candidate.waiting = 0
  end
  if candidate.max <= 0 then
    candidate.running = 0 -- nobody asks
    return
  end
  candidate.running = redis.call('ZCOUNT', candidate.key, afterNow, '+inf')
  if candidate.running >= candidate.max then
    redis.call('ZREMRANGEBYSCORE', candidate.key, '-inf', clock.nowMs)
  end
end

-- (running + waiting) / maximum, and whether a slot is free.
local function readLoad(clock, ask, candidate)
  if not candidate.running then readUse(clock, ask, candidate) end
  local running, max = candidate.running, candidate.max
  if max <= 0 then return 0, true end
  return (running + candidate.waiting) / max, running < max
end

-- The same without its load, when that is not known: mostly the set of its slots is short enough.
local function hasFree(clock, ask, candidate)
  if not candidate.running and not somebodyWaits then return hasFreeSlot(candidate.key, candidate.max, clock.nowMs) end
  local _, isFree = readLoad(clock, ask, candidate)
  return isFree
end

-- Bindings of one pool mostly live equally long: that is spelled once.
local function spellStickyEnd(clock, pool, ttlMs)
  if pool.stickyTtlMs == ttlMs then return end
  pool.stickyTtlMs, pool.stickyTtlText, pool.stickyEndText = ttlMs, ttlMs .. '', clock.nowMs + ttlMs .. ''
end

local function bindSticky(clock, pool, ask, accountId)
  spellStickyEnd(clock, pool, ask.stickyTtlMs)
  redis.call('ZADD', pool.stickiesKey, pool.stickyEndText, ask.stickyName)
  if ask.stickyId == accountId then
    redis.call('PEXPIRE', ask.stickyKey, pool.stickyTtlText)
  else
    redis.call('SET', ask.stickyKey, accountId, 'PX', pool.stickyTtlText)
    redis.call('ZREMRANGEBYSCORE', pool.stickiesKey, '-inf', clock.nowMs)
  end
end

-- What a take and a place in the queue have in common. Result: the answer.
local function settleOn(clock, pool, ask, candidate, isSticky, code)
  noteTaken(pool, candidate)
  if ask.stickyKey then bindSticky(clock, pool, ask, candidate.accountId) end
  local sessionUntilMs = 0
  if candidate.sessionsKey and ask.session ~= '' then
    local known = ask.sessionUntilMs[candidate.index]
    local untilMs = accountRules.touchSession(candidate.sessionsKey, ask.session, known, candidate.sessionIdleMs, clock.nowMs)
    if not known then sessionUntilMs = untilMs end
  end
  local flags = isSticky and 1 or 0
  if code == 1 and candidate.due then flags = flags + accountRules.beginProbe(clock, pool, ask, candidate) end
  if code == 1 and flags == 0 and sessionUntilMs == 0 and not ask.exclusions then return candidate.index end
  return { code, candidate.index, flags, sessionUntilMs, ask.exclusions or {} }
end

local function takeFrom(clock, pool, ask, candidate, isSticky)
  for i = 1, ask.full and #ask.full or 0 do exclude(ask, ask.full[i], 'full') end
  if ask.isStickyFull then exclude(ask, ask.sticky, 'full') end
  takeSlot(clock, candidate.key, ask.leaseId)
  if candidate.running then candidate.running = candidate.running + 1 end
  return settleOn(clock, pool, ask, candidate, isSticky, 1)
end

local function waitFor(clock, pool, ask, candidate, isSticky)
  local slot = { key = candidate.key, max = candidate.max, leaseId = ask.leaseId }
  local ticket = { id = ask.leaseId, node = clock.node, user = ask.user, weight = ask.weight, slots = { slot } }
  ticket.model = candidate.model
  -- First: it makes the other.
  local queue = openQueue(ask.register, candidate.accountId)
  enterQueue(queue, ticket)
  candidate.waiting = candidate.waiting + 1
  return settleOn(clock, pool, ask, candidate, isSticky, 3)
end

-- Nobody waits for an account that is due for its probe: it may be kept out again before the slot is free.
local function hasPlace(candidate, waitMax)
  return not candidate.due and candidate.waiting < waitMax
end

local function isBetter(a, aLoad, b, bLoad, turn, count)
  if aLoad ~= bLoad then return aLoad < bLoad end
  if a.takenNumber ~= b.takenNumber then return a.takenNumber < b.takenNumber end
  return (a.index - 1 + turn) % count < (b.index - 1 + turn) % count
end

-- The one that rested longest, of those that no state keeps out.
local function selectRested(clock, pool, ask, first, last)
  local rested
  for i = first, last do
    local candidate = pool[i]
    if candidate.blockedBy then
      mayUse(clock, ask, candidate, false)
    elseif not rested or candidate.takenNumber < rested.takenNumber then
      rested = candidate
    elseif candidate.takenNumber == rested.takenNumber and isBetter(candidate, 0, rested, 0, ask.turn, pool.count) then
      rested = candidate
    end
  end
  return rested
end

-- The best of the candidates first…last, which share a priority; nil when none can go.
local function selectBest(clock, pool, ask, first, last)
  readTakenNumbers(pool, first, last)
  -- Mostly the one that rested longest has nothing to do: none can be better, and the others need no look.
  local best = selectRested(clock, pool, ask, first, last)
  if best and mayUse(clock, ask, best, best == ask.sticky) and readLoad(clock, ask, best) == 0 then return best end
  local bestLoad
  best = nil
  for i = first, last do
    local candidate = pool[i]
    if mayUse(clock, ask, candidate, candidate == ask.sticky) then
      local load, isFree = readLoad(clock, ask, candidate)
      if not isFree then
        ask.full[#ask.full + 1] = candidate
      elseif not best or load < bestLoad then
        best, bestLoad = candidate, load
      elseif load == bestLoad and isBetter(candidate, load, best, bestLoad, ask.turn, pool.count) then
        best = candidate
      end
    end
  end
  return best
end

-- No slot is free anywhere: a place on the best account that has one left, in the order of the choice.
local function selectPlace(clock, pool, ask)
  local best, bestLoad
  for i = 1, #ask.full do
    local candidate = ask.full[i]
    if hasPlace(candidate, ask.waitMax) and (not best or candidate.priority == best.priority) then
      local load = readLoad(clock, ask, candidate)
      if not best or isBetter(candidate, load, best, bestLoad, ask.turn, pool.count) then
        best, bestLoad = candidate, load
      end
    end
  end
  return best
end

local function excludeFull(ask, chosen)
  for i = 1, #ask.full do
    local candidate = ask.full[i]
    local isQueueFull = ask.waitMax >= 0 and not hasPlace(candidate, ask.waitMax)
    if candidate ~= chosen then exclude(ask, candidate, isQueueFull and 'queue' or 'full') end
  end
end

local function selectSticky(pool, ask)
  if not ask.stickyKey then return nil end
  ask.stickyId = redis.call('GET', ask.stickyKey)
  if not ask.stickyId then return nil end
  return findCandidate(pool, ask.stickyId)
end

local function takeAccount(clock, pool, ask)
  readStandings(pool, clock.nowMs)
  ask.sticky = selectSticky(pool, ask)
  if ask.sticky and mayUse(clock, ask, ask.sticky, true) then
    if hasFree(clock, ask, ask.sticky) then return takeFrom(clock, pool, ask, ask.sticky, true) end
    ask.isStickyFull = true
    readLoad(clock, ask, ask.sticky)
    if ask.waitMax >= 0 and hasPlace(ask.sticky, ask.stickyWaitMax) then
      return waitFor(clock, pool, ask, ask.sticky, true)
    end
  end
  if ask.unknown then return { 2, ask.unknown } end
  readCandidates(pool)
  ask.full = {}
  local first = 1
  while first <= pool.count do
    local last = first
    while last < pool.count and pool[last + 1].priority == pool[first].priority do last = last + 1 end
    local best = selectBest(clock, pool, ask, first, last)
    if ask.unknown then return { 2, ask.unknown } end
    if best then return takeFrom(clock, pool, ask, best, false) end
    first = last + 1
  end
  local place = ask.waitMax >= 0 and selectPlace(clock, pool, ask) or nil
  excludeFull(ask, place)
  if place then return waitFor(clock, pool, ask, place, false) end
  return { 0, ask.exclusions or {} }
end

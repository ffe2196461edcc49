-- The operations that take accounts.
local pool
clock.afterNow = '(' .. string.format('%.0f', clock.nowMs)

local function readAsk()
  local at, args = argAt, args
  argAt = at + 5
  local ask = { register = args[at + 1] + 0, leaseId = args[at + 2], turn = args[at + 3] + 0, session = args[at + 4] }
  ask.stickyTtlMs = args[at + 5] + 0
  if ask.stickyTtlMs > 0 then ask.stickyName, ask.stickyKey = nextArg(), nextKey() end
  ask.waitMax = nextNumber()
  if ask.waitMax >= 0 then ask.stickyWaitMax, ask.user, ask.weight = nextNumber(), nextArg(), nextNumber() end
  return ask
end

local function readCandidate(index, before)
  local max, priority, accountId, extras = nextNumber(), nextNumber(), nextArg(), nextNumber()
  local candidate = { index = index, key = nextKey(), max = max, priority = priority, accountId = accountId }
  candidate.model = extras >= 4 and nextArg() or before.model
  extras = extras % 4
  if extras % 2 == 1 then
    candidate.sessionsKey = nextKey()
    candidate.sessionsMax, candidate.sessionIdleMs = nextNumber(), nextNumber()
  end
  if extras >= 2 then
    candidate.costKey, candidate.seedKey = nextKey(), nextKey()
    candidate.limit, candidate.ceiling = nextArg(), nextArg()
  end
  return candidate
end

finishTakes = function()
  writeTaken(pool)
end

function handlers.t()
  writeTaken(pool)
  local ask, count = readAsk(), nextNumber()
  pool = { sequenceKey = nextKey(), lruKey = nextKey(), stateKey = nextKey(), versionKey = nextKey() }
  pool.stickiesKey = nextKey()
  for i = 1, count do pool[i] = readCandidate(i, pool[i - 1]) end
  return takeAccount(clock, pool, ask)
end

-- Another one of the accounts that the last t named.
function handlers.s()
  return takeAccount(clock, pool, readAsk())
end

-- The operations that take accounts.
local pool

-- Both tables are made with all the fields that they may usually have, so that they do not grow.
local function readPool()
  return {
    sequenceKey = nextKey(), lruKey = nextKey(), stateKey = nextKey(), versionKey = nextKey(), stickiesKey = nextKey(),
    count = 0, places = nil, names = nil, hasStandings = false, firstNumber = nil, lastNumber = nil,
    stickyTtlMs = nil, stickyTtlText = nil, stickyEndText = nil,
  }
end

local function readAsk()
  local at = argAt
  local stickyTtlMs = args[at + 5] + 0
  argAt = at + 5
  local ask = {
    register = args[at + 1] + 0, leaseId = args[at + 2], turn = args[at + 3] + 0, session = args[at + 4],
    stickyTtlMs = stickyTtlMs, stickyName = nil, stickyKey = nil,
    waitMax = -1, stickyWaitMax = 0, user = '', weight = 1,
    sticky = nil, stickyId = nil,
  }
  if stickyTtlMs > 0 then ask.stickyName, ask.stickyKey = nextArg(), nextKey() end
  ask.waitMax = nextNumber()
  if ask.waitMax >= 0 then ask.stickyWaitMax, ask.user, ask.weight = nextNumber(), nextArg(), nextNumber() end
  return ask
end

finishTakes = function()
  writeTaken(pool)
end

function handlers.t()
  writeTaken(pool)
  local ask, count = readAsk(), nextNumber()
  pool = readPool()
  placeCandidates(pool, count)
  return takeAccount(clock, pool, ask)
end

-- Another one of the accounts that the last t named.
function handlers.s()
  return takeAccount(clock, pool, readAsk())
end

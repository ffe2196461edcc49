--[[
  The operations of run-turn that are about accounts: a function for each name. Those that answer give a result.
  Needs take-account, account-report, account-session, window-cost, upstream-windows.
]]
local function buildAccountOps(clock, nextKey, nextArg, nextNumber)
  local ops = {}
  local pool
  clock.afterNow = '(' .. string.format('%.0f', clock.nowMs)

  local function readAsk()
    local ask = { leaseId = nextArg(), turn = nextNumber(), session = nextArg(), stickyTtlMs = nextNumber() }
    if ask.stickyTtlMs > 0 then ask.stickyName, ask.stickyKey = nextArg(), nextKey() end
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

  function ops.t()
    local ask, count = readAsk(), nextNumber()
    pool = { sequenceKey = nextKey(), lruKey = nextKey(), stateKey = nextKey(), versionKey = nextKey() }
    pool.stickiesKey = nextKey()
    for i = 1, count do pool[i] = readCandidate(i, pool[i - 1]) end
    return takeAccount(clock, pool, ask)
  end

  function ops.s()
    return takeAccount(clock, pool, readAsk())
  end

  function ops.ar()
    local keys = { states = nextKey(), version = nextKey(), health = nextKey() }
    local report = { kind = nextArg(), accountId = nextArg(), model = nextArg(), probe = nextArg(), count = nextNumber() }
    report.reason, report.state, report.untilMs = nextArg(), nextArg(), nextNumber()
    reportAccount(keys, report, clock.nowMs)
  end

  function ops.aw()
    addWindowCost(nextKey(), nextArg(), clock.nowMs)
  end

  function ops.ax()
    redis.call('DEL', nextKey(), nextKey())
  end

  function ops.au()
    local windowsKey, costKey, seedKey = nextKey(), nextKey(), nextKey()
    local fields = {}
    for i = 1, nextNumber() * 2 do fields[i] = nextArg() end
    noteUpstreamWindows(windowsKey, fields, costKey, seedKey, nextNumber())
  end

  function ops.as()
    releaseSession(nextKey(), nextArg(), nextNumber())
  end

  function ops.af()
    local key, session, idleMs = nextKey(), nextArg(), nextNumber()
    refreshSession(key, session, idleMs, clock.nowMs)
  end

  return ops
end

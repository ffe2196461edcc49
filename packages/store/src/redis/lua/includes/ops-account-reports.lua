-- The operations that say something about accounts. None has a result.
function handlers.ar()
  local keys = { states = nextKey(), version = nextKey(), health = nextKey() }
  local register = nextNumber()
  local report = { kind = nextArg(), accountId = nextArg(), model = nextArg(), probe = nextArg(), count = nextNumber() }
  report.reason, report.state, report.untilMs = nextArg(), nextArg(), nextNumber()
  -- Whoever waits for an account that is kept out now goes elsewhere.
  if reportAccount(keys, report, clock.nowMs) then noteFreed(register, report.accountId) end
end

function handlers.aw()
  addWindowCost(nextKey(), nextArg(), clock.nowMs)
end

function handlers.ax()
  redis.call('DEL', nextKey(), nextKey())
end

function handlers.au()
  local windowsKey, costKey, seedKey = nextKey(), nextKey(), nextKey()
  local fields = {}
  for i = 1, nextNumber() * 2 do fields[i] = nextArg() end
  noteUpstreamWindows(windowsKey, fields, costKey, seedKey, nextNumber())
end

function handlers.as()
  releaseSession(nextKey(), nextArg(), nextNumber())
end

function handlers.af()
  local key, session, idleMs = nextKey(), nextArg(), nextNumber()
  refreshSession(key, session, idleMs, clock.nowMs)
end

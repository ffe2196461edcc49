--[[
  LIM-7: live sessions of an account, a sorted set scored by the moment at which a session ends (score <= now is over).
]]

-- The session's end when it is live, else nil; and whether it may go on this account.
local function checkSession(key, session, max, nowMs)
  local untilMs = tonumber(redis.call('ZSCORE', key, session))
  if untilMs and untilMs > nowMs then return untilMs, true end
  redis.call('ZREMRANGEBYSCORE', key, '-inf', nowMs)
  return nil, redis.call('ZCARD', key) < max
end

-- Gives the new end. It always moves, so that a registration that was refreshed since can be told from one that was not.
local function touchSession(key, session, knownUntilMs, idleMs, nowMs)
  local untilMs = nowMs + idleMs
  if knownUntilMs and knownUntilMs >= untilMs then untilMs = knownUntilMs + 1 end
  redis.call('ZADD', key, untilMs, session)
  redis.call('PEXPIRE', key, math.max(idleMs, redis.call('PTTL', key)))
  return untilMs
end

local function refreshSession(key, session, idleMs, nowMs)
  local untilMs = tonumber(redis.call('ZSCORE', key, session))
  if untilMs and untilMs > nowMs then touchSession(key, session, untilMs, idleMs, nowMs) end
end

-- Undo: only the registration itself, not what another request has made of it.
local function releaseSession(key, session, untilMs)
  if tonumber(redis.call('ZSCORE', key, session)) == untilMs then redis.call('ZREM', key, session) end
end

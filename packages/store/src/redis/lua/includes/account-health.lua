--[[
  States of accounts, as text: "kind|since|until|back-off step|version|lease of the probe|reason". A text of another
  shape (a newer fleet, garbage) is no state: the account is clean, and the next change overwrites it.
  The rules are those of src/rules/account-standing.ts.
]]
local PROBE_MS = 30000
local STATES_TTL_MS = 31 * 24 * 3600000
-- Position in ACCOUNT_EXCLUSION_REASONS.
local EXCLUSIONS = {
  ['rate-limited'] = 1, overloaded = 2, paused = 3, error = 4, ['breaker-open'] = 5,
  probing = 6, sessions = 7, cost = 8, full = 9, queue = 10,
}
local HEALTH_KINDS = { ['rate-limited'] = true, overloaded = true, paused = true, error = true, ['breaker-open'] = true }

local function needsProbe(kind)
  return kind == 'breaker-open' or kind == 'error'
end

local function parseHealth(text)
  if not text then return nil end
  local kind, since, ending, step, probe, reason = string.match(text, '^([%a-]+)|(%d+)|(%d+)|(%d+)|%d+|([^|]*)|(.*)$')
  if not kind or not HEALTH_KINDS[kind] then return nil end
  return {
    kind = kind, sinceMs = tonumber(since), untilMs = tonumber(ending), step = tonumber(step),
    probe = probe, reason = reason,
  }
end

-- Versions start from the clock, so that they rise even over a FLUSHALL.
local function nextVersion(versionKey, nowMs)
  local version = redis.call('INCR', versionKey)
  if version < nowMs then
    version = nowMs
    redis.call('SET', versionKey, string.format('%.0f', version))
  end
  return version
end

local function writeHealth(stateKey, versionKey, field, health, nowMs)
  redis.call('HSET', stateKey, field, string.format('%s|%.0f|%.0f|%d|%.0f|%s|%s', health.kind, health.sinceMs,
    health.untilMs, health.step, nextVersion(versionKey, nowMs), health.probe, health.reason))
  redis.call('PEXPIRE', stateKey, STATES_TTL_MS)
end

-- A key of a foreign type is dropped: it must not fail the turn.
local function readHealthField(key, field)
  local text = redis.pcall('HGET', key, field)
  if type(text) ~= 'table' then return text end
  redis.call('DEL', key)
  return false
end

local function healthField(accountId, model)
  if model == '' then return accountId end
  return accountId .. '|' .. model
end

--[[
  What one state means for a candidate: the reason that ends last keeps it out; states that are due for a probe are
  put down in candidate.due.
]]
local function noteStanding(candidate, stateKey, field, text, nowMs)
  local health = parseHealth(text)
  if not health then return end
  if health.untilMs > nowMs then
    if not candidate.blockedBy or health.untilMs > candidate.blockedUntilMs then
      candidate.blockedBy = EXCLUSIONS[health.probe ~= '' and 'probing' or health.kind]
      candidate.blockedUntilMs = health.untilMs
    end
  elseif needsProbe(health.kind) then
    candidate.due = candidate.due or {}
    candidate.due[#candidate.due + 1] = { field = field, health = health }
  else
    redis.call('HDEL', stateKey, field)
  end
end

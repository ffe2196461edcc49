--[[
  What an attempt taught about an account. The rules are those of src/rules/apply-finding.ts and breaker.ts.
  Strikes and the breaker's buckets stand in one hash an account: "s|<model>" = the moment of the first strike,
  "b|<model>" = "<start>:<successes>:<failures>;" for each bucket of ten seconds.
  Needs account-health.
]]
local BUCKET_MS, BREAKER_WINDOW_MS, FAILURES_MIN = 10000, 60000, 5
local BREAKER_BACKOFF = { first = 10000, max = 300000 }
local ERROR_BACKOFF = { first = 60000, max = 3600000 }
local STRIKE_MS = 3600000

local function beginHealth(kind, reason, nowMs, untilMs)
  return { kind = kind, reason = reason, sinceMs = nowMs, untilMs = untilMs, step = 0, probe = '' }
end

local function backOff(health, reason, nowMs)
  local spans = health.kind == 'error' and ERROR_BACKOFF or BREAKER_BACKOFF
  health.step = health.step + 1
  health.untilMs = nowMs + math.min(spans.first * 2 ^ health.step, spans.max)
  health.reason, health.probe = reason, ''
  return health
end

-- Adds outcomes; true when the breaker is due to open.
local function addOutcomes(scope, successes, failures, nowMs)
  local field = 'b|' .. scope.model
  local texts, allSuccesses, allFailures = {}, successes, failures
  local startMs, lastSuccesses, lastFailures
  for start, good, bad in string.gmatch(readHealthField(scope.healthKey, field) or '', '(%d+):(%d+):(%d+);') do
    start, good, bad = tonumber(start), tonumber(good), tonumber(bad)
    if start > nowMs - BREAKER_WINDOW_MS then
      texts[#texts + 1] = string.format('%.0f:%.0f:%.0f;', start, good, bad)
      startMs, lastSuccesses, lastFailures = start, good, bad
      allSuccesses, allFailures = allSuccesses + good, allFailures + bad
    end
  end
  if failures > 0 and allFailures >= FAILURES_MIN and allFailures >= allSuccesses then
    redis.call('HDEL', scope.healthKey, field)
    return true
  end
  if startMs and startMs > nowMs - BUCKET_MS then
    texts[#texts] = nil
    successes, failures, nowMs = successes + lastSuccesses, failures + lastFailures, startMs
  end
  texts[#texts + 1] = string.format('%.0f:%.0f:%.0f;', nowMs, successes, failures)
  redis.call('HSET', scope.healthKey, field, table.concat(texts))
  redis.call('PEXPIRE', scope.healthKey, STRIKE_MS)
  return false
end

-- Each gives the new state, false = clean, nil = unchanged.
local FINDINGS = {}

function FINDINGS.success(scope, health, report, nowMs)
  if health and needsProbe(health.kind) then
    if report.probe == '' or health.probe == '' then return nil end
    redis.call('HDEL', scope.healthKey, 'b|' .. scope.model, 's|' .. scope.model)
    return false
  end
  addOutcomes(scope, report.count, 0, nowMs)
end

function FINDINGS.failure(scope, health, report, nowMs)
  if health and needsProbe(health.kind) then
    if report.isOwnProbe then return backOff(health, report.reason, nowMs) end
    return nil
  end
  if not addOutcomes(scope, 0, 1, nowMs) then return nil end
  local open = beginHealth('breaker-open', report.reason, nowMs, nowMs + BREAKER_BACKOFF.first)
  if health and health.untilMs >= open.untilMs then return nil end
  return open
end

function FINDINGS.strike(scope, health, report, nowMs)
  if health and health.kind == 'error' then
    if report.isOwnProbe then return backOff(health, report.reason, nowMs) end
    return nil
  end
  local field = 's|' .. scope.model
  local firstMs = tonumber(readHealthField(scope.healthKey, field))
  if firstMs and firstMs > nowMs - STRIKE_MS then
    redis.call('HDEL', scope.healthKey, field)
    return beginHealth('error', report.reason, nowMs, nowMs + ERROR_BACKOFF.first)
  end
  redis.call('HSET', scope.healthKey, field, string.format('%.0f', nowMs))
  redis.call('PEXPIRE', scope.healthKey, STRIKE_MS)
  if health and needsProbe(health.kind) and report.isOwnProbe then return false end
end

function FINDINGS.block(scope, health, report, nowMs)
  local block = beginHealth(report.state, report.reason, nowMs, nowMs + report.untilMs)
  if not health then return block end
  if not report.isOwnProbe then
    if health.kind == 'error' then return nil end
    if report.state ~= 'error' and health.untilMs >= block.untilMs then return nil end
  end
  if health.kind == report.state then
    block.sinceMs = health.sinceMs
    block.step = health.step + (report.isOwnProbe and 1 or 0)
  end
  return block
end

function FINDINGS.undecided(_, health, report, nowMs)
  if not report.isOwnProbe then return nil end
  health.probe, health.untilMs = '', nowMs
  return health
end

local function reportScope(keys, accountId, model, report, nowMs)
  local field = healthField(accountId, model)
  local text = readHealthField(keys.states, field)
  local health = parseHealth(text)
  if health and not needsProbe(health.kind) and health.untilMs <= nowMs then health = nil end
  report.isOwnProbe = report.probe ~= '' and health ~= nil and health.probe == report.probe
  local found = FINDINGS[report.kind]({ healthKey = keys.health, model = model }, health, report, nowMs)
  if found then
    writeHealth(keys.states, keys.version, field, found, nowMs)
    return true
  elseif found == false or (text and not health) then
    redis.call('HDEL', keys.states, field)
  end
end

-- A success with a model proves the account as well; a probe has the place of both. Result: true when something is
-- kept out now.
local function reportAccount(keys, report, nowMs)
  local isOut = reportScope(keys, report.accountId, report.model, report, nowMs)
  local isOfBoth = report.kind == 'success' or report.kind == 'undecided'
  if isOfBoth and report.model ~= '' then reportScope(keys, report.accountId, '', report, nowMs) end
  return isOut
end

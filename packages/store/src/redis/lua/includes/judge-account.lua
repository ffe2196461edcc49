--[[
  What may keep a candidate out of a choice (see take-account): its state, then its sessions, then its window cost.
  Mostly there is none of them, so this is made when it is met.

  Of an ask: verdicts (index of a candidate -> whether it may be used), exclusions, unknown (window costs),
  sessionUntilMs (index -> end of its session when that is live); each nil until there is something.
  Needs account-health, account-session, window-cost, seed-token.
]]
local function exclude(ask, candidate, reason, restMs)
  local verdicts, out = ask.verdicts or {}, ask.exclusions or {}
  if verdicts[candidate.index] == false then return false end
  ask.verdicts, ask.exclusions = verdicts, out
  verdicts[candidate.index] = false
  local at = #out
  out[at + 1], out[at + 2], out[at + 3] = candidate.index, reason, restMs
  return false
end

local function checkCost(clock, ask, candidate, isSticky)
  local band, endMs = readCostBand(candidate.costKey, candidate.limit, candidate.ceiling, clock.nowMs)
  if band == 'open' or (band == 'sticky' and isSticky) then return true end
  if band then return exclude(ask, candidate, EXCLUSIONS.cost, endMs - clock.nowMs) end
  ask.verdicts[candidate.index] = false
  local out = ask.unknown or {}
  ask.unknown = out
  out[#out + 1] = candidate.index
  out[#out + 1] = readSeedToken(candidate.seedKey, clock.text, clock.seedTokenTtlMs)
  return false
end

local function judgeAccount(clock, ask, candidate, isSticky)
  ask.verdicts = ask.verdicts or {}
  local verdict = ask.verdicts[candidate.index]
  if verdict ~= nil then return verdict end
  if candidate.blockedBy then
    return exclude(ask, candidate, candidate.blockedBy, candidate.blockedUntilMs - clock.nowMs)
  end
  if candidate.sessionsKey and ask.session ~= '' then
    local untilMs, hasRoom = checkSession(candidate.sessionsKey, ask.session, candidate.sessionsMax, clock.nowMs)
    ask.sessionUntilMs = ask.sessionUntilMs or {}
    ask.sessionUntilMs[candidate.index] = untilMs
    if not hasRoom then return exclude(ask, candidate, EXCLUSIONS.sessions, -1) end
  end
  if candidate.costKey and not checkCost(clock, ask, candidate, isSticky) then return false end
  ask.verdicts[candidate.index] = true
  return true
end

local function beginProbe(clock, pool, ask, candidate)
  candidate.blockedBy, candidate.blockedUntilMs = EXCLUSIONS.probing, clock.nowMs + PROBE_MS
  for i = 1, #candidate.due do
    local field, health = candidate.due[i].field, candidate.due[i].health
    health.probe, health.untilMs = ask.leaseId, candidate.blockedUntilMs
    writeHealth(pool.stateKey, pool.versionKey, field, health, clock.nowMs)
  end
  candidate.due = nil
  return 2
end

accountRules = {
  reasons = EXCLUSIONS, healthField = healthField, noteStanding = noteStanding,
  judge = judgeAccount, exclude = exclude, beginProbe = beginProbe, touchSession = touchSession,
}

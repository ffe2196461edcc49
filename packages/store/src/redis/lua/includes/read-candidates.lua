--[[
  The candidates of a take, as its arguments name them. Each is made when it is looked at: mostly a session's own account
  is the only one.

  pool: count; places, names (where the arguments and the keys of each begin); [i] = candidate, once it is made
  A candidate: index, key, max, priority, accountId, model; where it limits them sessionsKey, sessionsMax, sessionIdleMs,
  and costKey, seedKey, limit, ceiling
  Needs keys, args, keyAt, argAt of run-turn.
]]
local MODEL, PLAIN_ARGS = 4, 4

-- Those of the extras (see run-turn) that follow the four plain arguments: sessions, window cost, and where they begin.
local function readExtras(place)
  local extras, at = args[place + 4] + 0, place + PLAIN_ARGS
  if extras >= MODEL then extras, at = extras - MODEL, at + 1 end
  return extras % 2 == 1, extras >= 2, at
end

local function placeCandidates(pool, count)
  local places, names = {}, {}
  pool.count, pool.places, pool.names = count, places, names
  for i = 1, count do
    places[i], names[i] = argAt, keyAt
    local hasSessions, hasCost, at = readExtras(argAt)
    argAt = at + (hasSessions and 2 or 0) + (hasCost and 2 or 0)
    keyAt = keyAt + 1 + (hasSessions and 1 or 0) + (hasCost and 2 or 0)
  end
end

-- Of those that ask for the same model only the first names it.
local function readModel(pool, i)
  while args[pool.places[i] + 4] + 0 < MODEL do i = i - 1 end
  return args[pool.places[i] + 5]
end

local function readCandidate(pool, i)
  if pool[i] then return pool[i] end
  local place, name = pool.places[i], pool.names[i] + 1
  local candidate = {
    index = i, key = keys[name], max = args[place + 1] + 0, priority = args[place + 2] + 0, accountId = args[place + 3],
    model = readModel(pool, i),
  }
  local hasSessions, hasCost, at = readExtras(place)
  if hasSessions then
    name = name + 1
    candidate.sessionsKey, candidate.sessionsMax, candidate.sessionIdleMs = keys[name], args[at + 1] + 0, args[at + 2] + 0
    at = at + 2
  end
  if hasCost then
    candidate.costKey, candidate.seedKey = keys[name + 1], keys[name + 2]
    candidate.limit, candidate.ceiling = args[at + 1], args[at + 2]
  end
  pool[i] = candidate
  return candidate
end

local function readCandidates(pool)
  for i = 1, pool.count do readCandidate(pool, i) end
end

-- nil when it is none of them.
local function findCandidate(pool, accountId)
  local places = pool.places
  for i = 1, pool.count do
    if args[places[i] + 3] == accountId then return readCandidate(pool, i) end
  end
end

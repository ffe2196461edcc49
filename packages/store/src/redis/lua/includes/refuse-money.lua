--[[
  What keeps a request out whose money does not fit at once; the purses are read (see purses).
  Needs compare-whole, sweep-holds, swept of run-turn.
]]
local NEVER = -1

local function listUnknown(money)
  local unknown = {}
  for i = 1, #money do
    if not money[i].claimed then unknown[#unknown + 1] = i end
  end
  return unknown
end

-- The token that a seed must show: spent purse by purse by the first seed, and by each invalidation.
local function readPursesToken(clock, money, unknown)
  local key = purses.beside(money.key, 'seeds')
  local fields = { 't' }
  for i = 1, #unknown do fields[i + 1] = 'x' .. money[unknown[i]].name end
  local known = redis.call('HMGET', key, unpack(fields))
  local token = known[1]
  for i = 2, #fields do
    if known[i] then token = false end
  end
  if token then return token end
  redis.call('DEL', key)
  redis.call('HSET', key, 't', clock.text)
  redis.call('PEXPIRE', key, clock.seedTokenTtlMs)
  return clock.text
end

-- Of those that are over (rule) the one that refuses longest: its index, and ms until its window is over.
local function findLongest(clock, money, isOver)
  local found, longest = nil, 0
  for i = 1, #money do
    local purse = money[i]
    if isOver(purse) then
      local never = purse.endMs == 0 or string.byte(purse.room) == 45
      local wait = never and NEVER or purse.endMs - clock.nowMs
      if not found or (longest ~= NEVER and (wait == NEVER or wait > longest)) then found, longest = i, wait end
    end
  end
  return found, longest
end

-- Also without anything held. Index and ms as findLongest.
local function findSpent(clock, money)
  return findLongest(clock, money, function(purse)
    if compareWhole(purse.claimed, purse.room) <= 0 then return false end
    return compareWhole(redis.call('HGET', money.key, purse.name .. '|s'), purse.room) > 0
  end)
end

-- Because of what is held, or because somebody waits ahead who is short of a purse (closed: its name -> true).
local function findHeld(clock, money, closed)
  if money.hold == '0' then return nil end
  if not (swept and swept[money.key]) then
    sweepHolds(clock, money.key)
    swept = swept or {}
    swept[money.key] = true
  end
  purses.read(clock, money)
  return findLongest(clock, money, function(purse)
    return closed[purse.name] or compareWhole(purse.claimed, purse.room) > 0
  end)
end

-- Notes the purses in which it does not fit beside what is held.
local function closeShort(money, closed)
  for i = 1, #money do
    if compareWhole(money[i].claimed, money[i].room) > 0 then closed[money[i].name] = true end
  end
end

-- For an admission: what it says when money keeps it out whatever is held; nil = that is not so.
local function refuseMoney(clock, money)
  local unknown = listUnknown(money)
  if #unknown > 0 then return { 4, readPursesToken(clock, money, unknown), unpack(unknown) } end
  local spent, waitMs = findSpent(clock, money)
  if spent then return { 3, spent, waitMs, 0 } end
end

moneyRules = {
  sweep = sweepHolds, forgetLost = forgetLost, parseHold = parseHold,
  refuse = refuseMoney, findSpent = findSpent, findHeld = findHeld, closeShort = closeShort,
  listUnknown = listUnknown, readToken = readPursesToken,
}

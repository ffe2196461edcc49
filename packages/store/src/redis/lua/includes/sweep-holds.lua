--[[
  Holds, as text: the amount, a line for each purse, and for one with a note an empty line and the note. A hold lives
  as long as its lease, in the slots of its user or by itself. What has died is looked for when money does not suffice,
  once a turn; what had a note goes to the lost ones, which are a sorted set by the moment of finding: id, line break,
  text of the hold. Of a user's lost ones the oldest go when they are too many, counted in lostn.
  Needs purses of run-turn.
]]
local LOST_MAX = 1000
local swept = {}

local function parseHold(text)
  local head, note = string.match(text, '^(.-\n)\n(.*)$')
  local hold = { amount = string.match(text, '^%d+'), note = note }
  for name in string.gmatch(head or text, '\n([^\n]+)') do hold[#hold + 1] = name end
  return hold
end

local function isLive(key, id, nowMs)
  local score = redis.call('ZSCORE', purses.beside(key, 'slots'), id) or redis.call('ZSCORE', purses.beside(key, 'own'), id)
  return score and tonumber(score) > nowMs
end

local function freeHold(key, hold)
  for i = 1, #hold do
    local field = hold[i] .. '|u'
    if redis.call('HEXISTS', key, field) == 1 then purses.move(key, field, purses.negate(hold.amount)) end
  end
end

local function trimLost(key)
  local lostKey = purses.beside(key, 'lost')
  local tooMany = redis.call('ZCARD', lostKey) - LOST_MAX
  if tooMany <= 0 then return end
  redis.call('ZREMRANGEBYRANK', lostKey, 0, tooMany - 1)
  redis.call('INCRBY', purses.beside(key, 'lostn'), tooMany)
end

local function sweepHolds(clock, key)
  if swept[key] then return end
  swept[key] = true
  local holdsKey = purses.beside(key, 'holds')
  local all = redis.call('HGETALL', holdsKey)
  for i = 1, #all, 2 do
    local id, text = all[i], all[i + 1]
    if not isLive(key, id, clock.nowMs) then
      local hold = parseHold(text)
      redis.call('HDEL', holdsKey, id)
      freeHold(key, hold)
      if hold.note then redis.call('ZADD', purses.beside(key, 'lost'), clock.nowMs, id .. '\n' .. text) end
    end
  end
  trimLost(key)
end

local function forgetLost(key, id)
  local lostKey = purses.beside(key, 'lost')
  local all = redis.call('ZRANGE', lostKey, 0, -1)
  for i = 1, #all do
    if string.sub(all[i], 1, #id + 1) == id .. '\n' then return redis.call('ZREM', lostKey, all[i]) end
  end
end

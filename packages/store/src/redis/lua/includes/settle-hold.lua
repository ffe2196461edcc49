--[[
  Puts a true cost in the place of a hold. One that has died held nothing any more, and is not lost now; one that
  nobody knows held nothing. In each case the cost counts.

  hold: key (purses), id ('' = left no record), isOwn, cost, change (cost - hold), and a list of name, windowMs
  Needs purses and moneyRules of run-turn.
]]

-- What takes the place of the hold in the sum of what is spent and held.
local function removeHold(key, id, cost, change)
  if id == '' then return cost end
  if redis.call('HDEL', purses.beside(key, 'holds'), id) == 1 then return change end
  if not moneyRules then loadFamily('money') end
  moneyRules.forgetLost(key, id)
  return cost
end

-- False when the figures had to go.
local function moveByCost(clock, hold, purse, change, ending)
  local key, name = hold.key, purse.name
  local endMs = ending and tonumber(ending) or 0
  if endMs > 0 and endMs <= clock.nowMs then
    purses.endWindow(key, name)
    endMs = 0
  end
  if change ~= '0' and not purses.move(key, name .. '|u', change) then return false end
  if hold.cost == '0' then return true end
  if purse.windowMs > 0 and endMs == 0 then
    redis.call('HSET', key, name .. '|e', string.format('%.0f', clock.nowMs + purse.windowMs))
  end
  return purses.move(key, name .. '|s', hold.cost)
end

-- A figure that is not known stays so. Whether it was is seen by what the change made of it, mostly: a sum that is
-- the change itself may have begun at nothing.
local function settleBalance(key, id, cost, costLessHold)
  local change = removeHold(key, id, cost, costLessHold)
  if change == '0' then
    if redis.call('HEXISTS', key, 'b|u') == 0 then return end
  else
    local moved = redis.pcall('HINCRBY', key, 'b|u', change)
    if type(moved) == 'table' then
      redis.call('DEL', key)
      return
    end
    if moved == tonumber(change) and redis.call('HEXISTS', key, 'b|s') == 0 then
      redis.call('HDEL', key, 'b|u')
      return
    end
  end
  if cost ~= '0' then purses.move(key, 'b|s', cost) end
end

settleHold = function(clock, hold)
  if hold.isOwn then redis.call('ZREM', purses.beside(hold.key, 'own'), hold.id) end
  local change, fields = removeHold(hold.key, hold.id, hold.cost, hold.change), {}
  if #hold == 0 then return end
  for i = 1, #hold do
    fields[2 * i - 1] = hold[i].name .. '|u'
    fields[2 * i] = hold[i].name .. '|e'
  end
  local known = redis.call('HMGET', hold.key, unpack(fields))
  for i = 1, #hold do
    if known[2 * i - 1] and not moveByCost(clock, hold, hold[i], change, known[2 * i]) then return end
  end
end

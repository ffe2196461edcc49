-- The operations on purses and lost holds.
local function seedPurse(key, name, spent, ending)
  redis.call('HSET', key, name .. '|s', spent, name .. '|u', spent, name .. '|e', ending)
  local holds = redis.call('HVALS', purses.beside(key, 'holds'))
  for i = 1, #holds do
    local hold = moneyRules.parseHold(holds[i])
    for at = 1, #hold do
      if hold[at] == name and not purses.move(key, name .. '|u', hold.amount) then return end
    end
  end
end

function handlers.p()
  local register, key, ttlMs, token = nextNumber(), nextKey(), nextNumber(), nextArg()
  local seedsKey, isSeeded = purses.beside(key, 'seeds'), false
  local isValid = redis.call('HGET', seedsKey, 't') == token
  for _ = 1, nextNumber() do
    local name, spent, ending = nextArg(), nextArg(), nextArg()
    if isValid and redis.call('HSETNX', seedsKey, 'x' .. name, 1) == 1 and redis.call('HEXISTS', key, name .. '|u') == 0 then
      seedPurse(key, name, spent, ending)
      isSeeded = true
    end
  end
  -- All live as long as the first of them.
  if isSeeded and redis.call('PTTL', key) == -1 then redis.call('PEXPIRE', key, ttlMs) end
  if somebodyWaits then noteFreed(register, '') end
  return isSeeded and 1 or 0
end

function handlers.u()
  local key, states = nextKey(), {}
  moneyRules.sweep(clock, key)
  for i = 1, nextNumber() do
    local name = nextArg()
    local state = redis.call('HMGET', key, name .. '|s', name .. '|u', name .. '|e')
    local endMs = tonumber(state[3] or 0)
    if endMs > 0 and endMs <= clock.nowMs then
      state = { '0', purses.endWindow(key, name), '0' }
    end
    states[i] = { state[1] or '', state[2] or '', state[3] or '' }
  end
  return states
end

function handlers.l()
  local key, limit = nextKey(), nextNumber()
  moneyRules.sweep(clock, key)
  local droppedKey = purses.beside(key, 'lostn')
  local dropped = redis.call('GET', droppedKey)
  if dropped then redis.call('DEL', droppedKey) end
  return { tonumber(dropped or 0), redis.call('ZRANGE', purses.beside(key, 'lost'), 0, limit - 1, 'WITHSCORES') }
end

function handlers.f()
  moneyRules.forgetLost(nextKey(), nextArg())
  return 1
end

function handlers.x()
  local key = nextKey()
  for _ = 1, nextNumber() do redis.call('HDEL', purses.beside(key, 'holds'), nextArg()) end
  redis.call('DEL', key, purses.beside(key, 'seeds'))
end

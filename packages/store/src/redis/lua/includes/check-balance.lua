--[[
  Balance figures are whole pico-USD and pass 2^53, so Lua never does sums with them: it moves them with
  DECRBY (see ops-balances) and reads the sign from the text.
]]
local function isUsedUp(figure)
  return figure == '0' or string.byte(figure) == 45 -- '-'
end

-- The token that a seed must show. It is spent by the first seed and by each invalidation.
local function readSeedToken(key, clockText, tokenTtlMs)
  local token = redis.call('GET', key)
  if token then return token end
  redis.call('SET', key, clockText, 'PX', tokenTtlMs)
  return clockText
end

--[[
  Balance figures are whole pico-USD and pass 2^53, so Lua never does sums with them: it moves them with
  DECRBY (64-bit integers, keeps the TTL) and reads the sign from the text.
]]
local function isUsedUp(figure)
  return figure == '0' or string.byte(figure) == 45 -- '-'
end

-- Out of the 64-bit range (or not a number): drop the figure, the next admission asks for a new one.
local function debitBalance(key, amount)
  if redis.call('EXISTS', key) == 0 then return end
  local moved = redis.pcall('DECRBY', key, amount)
  if type(moved) == 'table' and moved.err then redis.call('DEL', key) end
end

-- The token that a seed must show. It is spent by the first seed and by each invalidation.
local function readSeedToken(key, clockText, tokenTtlMs)
  local token = redis.call('GET', key)
  if token then return token end
  redis.call('SET', key, clockText, 'PX', tokenTtlMs)
  return clockText
end

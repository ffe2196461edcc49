-- The token that a seed must show. It is spent by the first seed and by each invalidation.
local function readSeedToken(key, clockText, tokenTtlMs)
  local token = redis.call('GET', key)
  if token then return token end
  redis.call('SET', key, clockText, 'PX', tokenTtlMs)
  return clockText
end

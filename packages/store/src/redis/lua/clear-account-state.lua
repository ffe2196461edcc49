--[[
  Forgets what is known about an account, or about one model on it: state, strikes, breaker.

  KEYS[1] states
  KEYS[2] strikes and breaker of the account
  ARGV[1] account id
  ARGV[2] model; absent = the account and all its models
]]
if ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[1] .. '|' .. ARGV[2])
  redis.call('HDEL', KEYS[2], 's|' .. ARGV[2], 'b|' .. ARGV[2])
  return
end
redis.call('DEL', KEYS[2])
local ofModels = ARGV[1] .. '|'
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field == ARGV[1] or string.sub(field, 1, #ofModels) == ofModels then redis.call('HDEL', KEYS[1], field) end
end

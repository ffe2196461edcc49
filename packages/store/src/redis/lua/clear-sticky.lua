--[[
  Ends bindings, as long as they are still with the account.

  KEYS[1]  index of bindings
  KEYS[2…] bindings
  ARGV[1]  account id; '' = whatever it is
  ARGV[2…] their names

  Result: how many were ended.
]]
local ended = 0
for i = 2, #KEYS do
  local accountId = redis.call('GET', KEYS[i])
  if not accountId or ARGV[1] == '' or accountId == ARGV[1] then
    redis.call('ZREM', KEYS[1], ARGV[i])
    ended = ended + redis.call('DEL', KEYS[i])
  end
end
return ended

--[[
  Sets a balance figure that was loaded from the ledger. Spends the token, so that only the first of several
  loaders wins, and none that began before an invalidation.

  KEYS[1] figure
  KEYS[2] seed token
  ARGV[1] balance, pico-USD, within 64 bits
  ARGV[2] TTL, ms
  ARGV[3] the token that was given with "balance unknown"

  Result: 1 = set, 0 = the token is spent or a figure is there.
]]
if redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
redis.call('DEL', KEYS[2])
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0

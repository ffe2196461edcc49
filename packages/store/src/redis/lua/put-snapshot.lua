--[[
  Writes one L2 entry, unless anything was invalidated since its loading began.

  KEYS[1] number of the last message
  KEYS[2] the entry
  ARGV[1] the number that get-snapshot gave before the value was loaded
  ARGV[2] TTL, ms
  ARGV[3] the value

  Result: 1 = written, 0 = too late.
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1] .. '\n' .. ARGV[3], 'PX', ARGV[2])
return 1

--[[
  A node's heartbeat, with what it says of itself.

  KEYS[1] sorted set: node id -> the moment at which it counts as gone
  KEYS[2] hash: node id -> its words, as text
  ARGV[1] node id, if it is one to be counted
  ARGV[2] TTL, ms
  ARGV[3] its words; empty = none

  Result: how many nodes live.
]]
--- @include "includes/read-clock.lua"
local nowMs = readClock()
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', nowMs)) do redis.call('HDEL', KEYS[2], gone) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', nowMs)
if ARGV[1] then
  redis.call('ZADD', KEYS[1], nowMs + tonumber(ARGV[2]), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  if ARGV[3] ~= '' then
    redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
    redis.call('PEXPIRE', KEYS[2], ARGV[2])
  end
end
return redis.call('ZCARD', KEYS[1])

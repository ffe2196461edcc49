--[[
  A node's heartbeat.

  KEYS[1] sorted set: node id -> the moment at which it counts as gone
  ARGV[1] node id, if it is one to be counted
  ARGV[2] TTL, ms

  Result: how many nodes live.
]]
--- @include "includes/read-clock.lua"
local nowMs = readClock()
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', nowMs)
if ARGV[1] then
  redis.call('ZADD', KEYS[1], nowMs + tonumber(ARGV[2]), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('ZCARD', KEYS[1])

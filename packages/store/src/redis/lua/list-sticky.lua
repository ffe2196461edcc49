--[[
  One page of live bindings, by their end.

  KEYS[1] index of bindings
  ARGV[1] end from which the page begins, ms; '' = now
  ARGV[2] bindings with exactly that end that earlier pages gave
  ARGV[3] size of the page

  Result: { now, { name, end, name, end… } }
]]
--- @include "includes/read-clock.lua"
local now = string.format('%.0f', (readClock()))
local from = ARGV[1] == '' and '(' .. now or ARGV[1]
return { now, redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[3]) }

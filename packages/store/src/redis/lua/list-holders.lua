--[[
  Nodes and users of whom nothing was heard for a while: there may be holds that died with the node.

  KEYS[1] index: a sorted set of "<node>|<user>" by the moment at which the node last said that it holds money of theirs
  ARGV[1] for how long, ms
  ARGV[2] how many at most

  Result: the members, the oldest first.
]]
--- @include "includes/read-clock.lua"
local latest = string.format('%.0f', readClock() - tonumber(ARGV[1]))
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', latest, 'LIMIT', 0, ARGV[2])

--[[
  Nodes that count as living, and what they say of themselves.

  KEYS[1] sorted set: node id -> the moment at which it counts as gone
  KEYS[2] hash: node id -> its words, as text
  KEYS[3] number of the last message

  Result: { number of the last message, id, ms until it counts as gone, words or nil, the next id, … }; by id.
]]
--- @include "includes/read-clock.lua"
--- @include "includes/read-number.lua"
local nowMs = readClock()
local listed = { readNumber(KEYS[3]) }
local living = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', nowMs), '+inf', 'WITHSCORES')
for i = 1, #living, 2 do
  listed[#listed + 1] = living[i]
  listed[#listed + 1] = tonumber(living[i + 1]) - nowMs
  listed[#listed + 1] = redis.call('HGET', KEYS[2], living[i])
end
return listed

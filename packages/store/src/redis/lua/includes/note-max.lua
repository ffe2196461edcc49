--[[
  A holder's maximum may be changed while requests wait for it: the newest request's counts for all of them.
]]
local function noteMax(queue, slots)
  for i = 1, #slots do redis.call('HSET', queue.tickets, 'm:' .. slots[i].key, slots[i].max) end
end

local function readMax(queue, key)
  return tonumber(redis.call('HGET', queue.tickets, 'm:' .. key) or 0)
end

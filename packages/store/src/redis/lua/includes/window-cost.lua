--[[
  LIM-8: the standard cost in an account's present window: a hash of s = start, e = end (ms), c = pico-USD. Figures
  pass 2^53: Lua never does sums with them, it moves them with HINCRBY and compares their texts.
  Needs compare-whole.
]]

-- 'open', 'sticky' or 'closed', and the window's end; nil when the figure is not known.
local function readCostBand(key, limit, ceiling, nowMs)
  local figure = redis.call('HMGET', key, 'e', 'c')
  local endMs = tonumber(figure[1])
  if not endMs or not figure[2] or endMs <= nowMs then return nil end
  if compareWhole(figure[2], limit) < 0 then return 'open', endMs end
  if compareWhole(figure[2], ceiling) <= 0 then return 'sticky', endMs end
  return 'closed', endMs
end

-- Out of the 64-bit range: the figure is dropped, the next take asks for a new one.
local function addWindowCost(key, cost, nowMs)
  local endMs = tonumber(redis.call('HGET', key, 'e'))
  if not endMs or endMs <= nowMs then return end
  local moved = redis.pcall('HINCRBY', key, 'c', cost)
  if type(moved) == 'table' and moved.err then redis.call('DEL', key) end
end

-- A window that ends elsewhere than the figure's: what was counted is not what counts. Upstreams round to seconds.
local END_TOLERANCE_MS = 60000

local function outdateWindowCost(key, seedKey, endMs)
  local knownEndMs = tonumber(redis.call('HGET', key, 'e'))
  if knownEndMs and math.abs(knownEndMs - endMs) > END_TOLERANCE_MS then redis.call('DEL', key, seedKey) end
end

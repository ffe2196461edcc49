--[[
  RPM counters: fixed windows of the store's clock. The value is "<end of the window, ms>:<count>", so that a
  counter that outlives its window (expiry is not exact, clocks step back) is never taken for the present one.
]]
local function readRpm(key, windowEndMs)
  local value = redis.call('GET', key)
  if not value then return 0 end
  local endMs, count = string.match(value, '^(%d+):(%d+)$')
  if tonumber(endMs) ~= windowEndMs then return 0 end
  return tonumber(count)
end

local function writeRpm(key, count, windowEndMs, nowMs)
  redis.call('SET', key, string.format('%.0f:%d', windowEndMs, count), 'PX', windowEndMs - nowMs)
end

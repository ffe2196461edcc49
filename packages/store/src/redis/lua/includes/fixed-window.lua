--[[
  Fixed windows of the store's clock. The value is "<end of the window, ms>:<count>", so that a counter that
  outlives its window (expiry is not exact, clocks step back) is never taken for the present one.

  A window: key, limit, cost, isSliding; reading adds used, stamp (which window or bucket) and resetMs.
]]
local function readFixed(clock, window)
  window.stamp = clock.nowMs - clock.nowMs % clock.windowMs + clock.windowMs
  window.resetMs = window.stamp - clock.nowMs
  window.used = 0
  local value = redis.call('GET', window.key)
  if not value then return end
  local endMs, count = string.match(value, '^(%d+):(%d+)$')
  if tonumber(endMs) == window.stamp then window.used = tonumber(count) end
end

local function writeFixed(window)
  local value = string.format('%.0f:%.0f', window.stamp, window.used + window.cost)
  redis.call('SET', window.key, value, 'PX', window.resetMs)
end

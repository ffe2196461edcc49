--[[
  Moves what a request has counted, in the same window only and never below 0.
  Needs fixed-window, useSliding of run-turn.
]]
correctWindow = function(clock, key, isSliding, stamp, delta)
  if isSliding then return useSliding().correct(clock, key, stamp, delta) end
  local window = { key = key }
  readFixed(clock, window)
  if window.stamp ~= stamp then return end
  local value = string.format('%.0f:%.0f', stamp, math.max(0, window.used + delta))
  redis.call('SET', key, value, 'PX', window.resetMs)
end

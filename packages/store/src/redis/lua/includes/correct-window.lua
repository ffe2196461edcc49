--[[
  Moves what a request has counted, in the same window only and never below 0.
  Needs fixed-window, useSliding of run-turn.
]]
correctWindow = function(clock, key, isSliding, stamp, delta)
  if isSliding then return useSliding().correct(clock, key, stamp, delta) end
  local window = { key = key, cost = 0 }
  readFixed(clock, window)
  if window.stamp ~= stamp then return end
  window.used = math.max(0, window.used + delta)
  writeFixed(window)
end

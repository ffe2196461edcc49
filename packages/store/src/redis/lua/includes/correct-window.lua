--[[
  Moves what a request has counted, in the same window only and never below 0.
  Needs fixed-window, sliding of run-turn.
]]
correctWindow = function(clock, key, isSliding, stamp, delta)
  if isSliding then
    if not sliding then loadFamily('sliding') end
    return sliding.correct(clock, key, stamp, delta)
  end
  local window = { key = key }
  readFixed(window)
  if window.stamp ~= stamp then return end
  writeFixed(window, math.max(0, window.used + delta))
end

--[[
  Fixed windows of the store's clock. The value is "<end of the window, ms>:<count>", so that a counter that
  outlives its window (expiry is not exact, clocks step back) is never taken for the present one. All windows end
  together, so the end is spelled once.

  A window: key, limit, cost, isSliding; reading adds used, stamp (which window or bucket) and resetMs.
  Needs clock of run-turn.
]]
local windowEndMs = clock.nowMs - clock.nowMs % clock.windowMs + clock.windowMs
local windowEndText = windowEndMs .. ':'

local function readFixed(window)
  window.stamp = windowEndMs
  window.resetMs = windowEndMs - clock.nowMs
  local value = redis.call('GET', window.key)
  local isPresent = value and string.find(value, windowEndText, 1, true) == 1
  window.used = isPresent and tonumber(string.sub(value, #windowEndText + 1)) or 0
end

-- After it was read. What has counted something lives until its window's end already.
local function writeFixed(window, count)
  local text = windowEndText .. (count < 1e14 and count or string.format('%.0f', count)) -- Lua spells fourteen digits
  if window.used > 0 then
    redis.call('SET', window.key, text, 'KEEPTTL')
  else
    redis.call('SET', window.key, text, 'PX', window.resetMs)
  end
end

--[[
  All windows of a request together; nothing is counted before all have passed.
  Needs fixed-window, sliding of run-turn.
]]
local NEVER = -1

-- The window that refuses longest (of equals the smallest limit), and how long; nil when all let pass.
local function findRefusing(clock, windows)
  local refusing, longest = nil, 0
  for i = 1, #windows do
    local window = windows[i]
    if window.isSliding then
      if not sliding then loadFamily('sliding') end
      sliding.read(clock, window)
    else
      readFixed(window)
    end
    if window.used + window.cost > window.limit then
      local wait = window.resetMs
      if window.cost > window.limit then
        wait = NEVER
      elseif window.isSliding then
        wait = sliding.wait(clock, window)
      end
      local isLonger = longest ~= NEVER and (wait == NEVER or wait > longest)
      if not refusing or isLonger or (wait == longest and window.limit < windows[refusing].limit) then
        refusing, longest = i, wait
      end
    end
  end
  return refusing, longest
end

local function isNamedBefore(windows, i)
  for before = 1, i - 1 do
    if windows[before].key == windows[i].key then return true end
  end
  return false
end

-- A window that is named twice counts once.
local function countWindows(clock, windows)
  for i = 1, #windows do
    local window = windows[i]
    if i == 1 or not isNamedBefore(windows, i) then
      if window.isSliding then
        sliding.write(clock, window)
      else
        writeFixed(window, window.used + window.cost)
      end
    end
  end
end

-- Index of the tightest window of a unit (0 = none), what remains, ms until it is reset.
local function findTightest(windows, isTokens)
  local best, least = 0, 0
  for i = 1, #windows do
    local remaining = windows[i].limit - windows[i].used - windows[i].cost
    if windows[i].isTokens == isTokens and (best == 0 or remaining < least) then best, least = i, remaining end
  end
  if least < 0 then least = 0 end
  if least >= 1e14 then least = string.format('%.0f', least) end -- JSON out of Lua has fourteen digits
  return best, least, best > 0 and windows[best].resetMs or 0
end

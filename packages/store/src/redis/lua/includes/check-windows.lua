--[[
  All windows of a request together; nothing is counted before all have passed.
  Needs fixed-window, useSliding of run-turn.
]]
local NEVER = -1

-- Ms until the request would pass this window; NEVER = it costs more than the limit.
local function waitForWindow(clock, window)
  if window.cost > window.limit then return NEVER end
  return window.isSliding and useSliding().wait(clock, window) or window.resetMs
end

-- The window that refuses longest (of equals the smallest limit), and how long; nil when all let pass.
local function findRefusing(clock, windows)
  local refusing, longest = nil, 0
  for i = 1, #windows do
    local window = windows[i]
    if window.isSliding then
      useSliding().read(clock, window)
    else
      readFixed(clock, window)
    end
    if window.used + window.cost > window.limit then
      local wait = waitForWindow(clock, window)
      local isLonger = longest ~= NEVER and (wait == NEVER or wait > longest)
      if not refusing or isLonger or (wait == longest and window.limit < windows[refusing].limit) then
        refusing, longest = i, wait
      end
    end
  end
  return refusing, longest
end

-- A window that is named twice counts once.
local function countWindows(clock, windows)
  local counted = {}
  for i = 1, #windows do
    local window = windows[i]
    if not counted[window.key] then
      counted[window.key] = true
      if window.isSliding then
        sliding.write(clock, window)
      else
        writeFixed(window)
      end
    end
  end
end

-- JSON out of Lua has fourteen digits.
local function spellExactly(number)
  return number < 1e14 and number or string.format('%.0f', number)
end

-- Adds to an answer: index of the tightest window of a unit (0 = none), what remains, ms until it is reset.
local function addTightest(answer, windows, isTokens)
  local best, least = 0, 0
  for i = 1, #windows do
    local remaining = windows[i].limit - windows[i].used - windows[i].cost
    if windows[i].isTokens == isTokens and (best == 0 or remaining < least) then best, least = i, remaining end
  end
  answer[#answer + 1] = best
  answer[#answer + 1] = spellExactly(math.max(0, least))
  answer[#answer + 1] = best > 0 and windows[best].resetMs or 0
end

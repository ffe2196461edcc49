--[[
  Admits one request: windows, then token quota, balance, slots; all or nothing. Nothing is counted before all has
  passed, or the request waits for its slots.

  ask: windows (see fixed-window; isTokens); quotaKey, balanceKey and seedKey (nil = not asked); slots
  ({ key, max, leaseId }); with slots: register (number of the register of queues) and queueMax (-1 = does not wait)

  Result, first element:
    1  admitted: tightest window of requests (index, 0 = none; what remains; ms until it is reset); when there are
       token windows, the same of tokens, then the stamp of each window
    2  over a window: index of the one that refuses longest, ms until the request passes (-1 = never)
    3  balance used up
    4  no balance figure: the seed token
    5  no slot: index of the slot set that is full
    6  no slot, and the queue is full: its length
    7  waits: as 1 with token windows
    8  token quota used up: ms until it is looked at again
  Needs check-windows, check-balance, take-slots.
]]
local WAITS = 7

-- The gates before the slots; nil = all are open.
local function findRefusal(clock, ask)
  local refusing, waitMs = findRefusing(clock, ask.windows)
  if refusing then return { 2, refusing, waitMs } end
  if ask.quotaKey then
    local blockedMs = redis.call('PTTL', ask.quotaKey)
    if blockedMs > 0 then return { 8, blockedMs } end
  end
  if ask.balanceKey then
    local figure = redis.call('GET', ask.balanceKey)
    if not figure then return { 4, readSeedToken(ask.seedKey, clock.text, clock.seedTokenTtlMs) } end
    if isUsedUp(figure) then return { 3 } end
  end
end

local function admitRequest(clock, ask)
  local refusal = findRefusal(clock, ask)
  if refusal then return refusal end
  local code, windows = 1, ask.windows
  if #ask.slots > 0 then
    local full = takeSlots(clock, ask.register, ask.slots)
    if full > 0 then
      if ask.queueMax < 0 then return { 5, full } end
      local length = waitForSlots(clock, ask.register, ask.slots, ask.queueMax)
      if length then return { 6, length } end
      code = WAITS
    end
  end
  countWindows(clock, windows)
  local answer = { code, 0, 0, 0 }
  addTightest(answer, 2, windows, false)
  if ask.hasTokens or code == WAITS then
    addTightest(answer, 5, windows, true)
    for i = 1, #windows do answer[7 + i] = windows[i].stamp end
  end
  return answer
end

--[[
  Admits one request: windows, then token quota, money, slots; all or nothing. Nothing is counted before all has
  passed, or the request waits for its slots.

  ask: windows (see fixed-window; isTokens); quotaKey and money (see purses; nil = not asked); slots
  ({ key, max, leaseId }); with slots: register (number of the register of queues) and queueMax (-1 = does not wait)

  Result, first element:
    1  admitted: tightest window of requests (index, 0 = none; what remains; ms until it is reset); when there are
       token windows, the same of tokens; then the stamp of each window
    2  over a window: index of the one that refuses longest, ms until the request passes (-1 = never)
    3  money keeps it out: index of the purse that does so longest, ms until its window is over (-1 = never), and
       1 when it is only held
    4  figures are not known: the seed token, the index of each such purse
    5  no slot: index of the slot set that is full
    6  no slot, and the queue is full: its length
    7  waits: as 1, always with the tightest window of tokens
    8  token quota used up: ms until it is looked at again
  Needs check-windows, take-slots; waiting (see wait-for-slots), purses and moneyRules of run-turn.
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
  if ask.money and not purses.read(clock, ask.money) then
    if not moneyRules then loadFamily('money') end
    ask.isShort = true
    return moneyRules.refuse(clock, ask.money)
  end
end

-- Index of a purse in which it does not fit beside what is held, and ms until its window is over; nil = it fits.
local function findHeld(clock, ask, closed)
  if not ask.money or not (ask.isShort or closed) then return nil end
  if not moneyRules then loadFamily('money') end
  return moneyRules.findHeld(clock, ask.money, closed or {})
end

-- Mostly there is one window at most, and a table that is made with all its elements does not grow.
local function buildAnswer(code, windows, hasTokens)
  local index, remaining, resetMs = findTightest(windows, false)
  local answer = { code, index, remaining, resetMs, windows[1] and windows[1].stamp }
  if hasTokens or code == WAITS then
    answer[5], answer[6], answer[7] = findTightest(windows, true)
    answer[8] = windows[1] and windows[1].stamp
  end
  for i = 2, #windows do answer[#answer + 1] = windows[i].stamp end
  return answer
end

local function meetWaiting()
  if not waiting then loadFamily('waiting') end
  return waiting
end

local function admitRequest(clock, ask)
  local refusal = findRefusal(clock, ask)
  if refusal then return refusal end
  local code, windows, hasSlots = 1, ask.windows, #ask.slots > 0
  local closed = hasSlots and somebodyWaits and meetWaiting().letGo(clock, ask.register, ask.slots)
  local held, waitMs = findHeld(clock, ask, closed)
  if held and ask.queueMax < 0 then return { 3, held, waitMs, 1 } end
  local full = 0
  if hasSlots and not held then full = takeSlots(clock, ask.slots) end
  if held or full > 0 then
    if ask.queueMax < 0 then return { 5, full } end
    local length = meetWaiting().enter(clock, ask)
    if length then return { 6, length } end
    code = WAITS
  elseif ask.money then
    purses.hold(clock, ask.money)
  end
  countWindows(clock, windows)
  return buildAnswer(code, windows, ask.hasTokens)
end

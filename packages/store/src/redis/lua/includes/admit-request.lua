--[[
  Admits one request: RPM, then balance, then slots; all or nothing. Nothing is counted before all has passed, or
  the request waits for its slots.

  ask: limits and rpmKeys; balanceKey and seedKey (nil = not asked); slots ({ key, max, leaseId }); with slots:
  register (number of the register of queues) and queueMax (-1 = does not wait)

  Result, first element:
    1  admitted: index of the tightest RPM window (0 = none), what remains in it, ms until it ends
    2  over an RPM limit: index of the smallest limit that refuses, ms until the window ends
    3  balance used up
    4  no balance figure: the seed token
    5  no slot: index of the slot set that is full
    6  no slot, and the queue is full: its length
    7  waits: as 1
  Needs count-rpm, check-balance, take-slots.
]]
local function admitRequest(clock, ask)
  local limits, rpmKeys, slots = ask.limits, ask.rpmKeys, ask.slots
  local windowEndMs = clock.nowMs - clock.nowMs % clock.windowMs + clock.windowMs
  local restMs = windowEndMs - clock.nowMs
  local counts, refusing, tightest = {}, 0, 0
  for i = 1, #limits do
    local limit = limits[i]
    counts[i] = readRpm(rpmKeys[i], windowEndMs)
    local remaining = limit - counts[i]
    if remaining <= 0 and (refusing == 0 or limit < limits[refusing]) then refusing = i end
    if tightest == 0 or remaining < limits[tightest] - counts[tightest] then tightest = i end
  end
  if refusing > 0 then return { 2, refusing, restMs } end

  if ask.balanceKey then
    local figure = redis.call('GET', ask.balanceKey)
    if not figure then return { 4, readSeedToken(ask.seedKey, clock.text, clock.seedTokenTtlMs) } end
    if isUsedUp(figure) then return { 3 } end
  end

  local code = 1
  if #slots > 0 then
    letWaitersGo(clock, ask.register, slots)
    local full = takeSlots(clock, slots)
    if full > 0 then
      if ask.queueMax < 0 then return { 5, full } end
      local length = waitForSlots(clock, ask.register, slots, ask.queueMax)
      if length then return { 6, length } end
      code = 7
    end
  end

  for i = 1, #limits do writeRpm(rpmKeys[i], counts[i] + 1, windowEndMs, clock.nowMs) end
  if tightest == 0 then return { code, 0, 0, 0 } end
  return { code, tightest, limits[tightest] - counts[tightest] - 1, restMs }
end

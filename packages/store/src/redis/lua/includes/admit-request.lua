--[[
  Admits one request: RPM, then balance, then slots; all or nothing. Nothing is counted before all has passed.

  keys    the RPM counters; the balance figure and its seed token (when hasBalance); the slot sets
  limits  one for each RPM counter
  slots   { max, leaseId } for each slot set

  Result, first element:
    1  admitted: index of the tightest RPM window (0 = none), what remains in it, ms until it ends
    2  over an RPM limit: index of the smallest limit that refuses, ms until the window ends
    3  balance used up
    4  no balance figure: the seed token
    5  no slot: index of the slot set that is full
  Needs count-rpm, move-balance, take-slot.
]]
local function admitRequest(clock, limits, rpmKeys, balanceKey, seedKey, slots)
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

  if balanceKey then
    local figure = redis.call('GET', balanceKey)
    if not figure then return { 4, readSeedToken(seedKey, clock.text, clock.seedTokenTtlMs) } end
    if isUsedUp(figure) then return { 3 } end
  end

  for i = 1, #slots do
    local slot = slots[i]
    if not hasFreeSlot(slot.key, slot.max, clock.nowMs) then
      for taken = 1, i - 1 do redis.call('ZREM', slots[taken].key, slots[taken].leaseId) end
      return { 5, i }
    end
    takeSlot(slot.key, slot.leaseId, clock.nowMs, clock.leaseTtlMs)
  end

  for i = 1, #limits do writeRpm(rpmKeys[i], counts[i] + 1, windowEndMs, clock.nowMs) end
  if tightest == 0 then return { 1, 0, 0, 0 } end
  return { 1, tightest, limits[tightest] - counts[tightest] - 1, restMs }
end

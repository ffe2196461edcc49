--[[
  Takes one slot on the best account that has one free: lowest priority number, then least recently taken, then
  first named. "Recently" is a number that rises by one with each take, not a time: two takes never tie.

  Result: index of the account, 0 = all are full. The candidates can be taken from again: they know what was taken.
  Needs take-slot.
]]
local HMGET_MAX = 1000 -- unpack() is bounded by Lua's C stack

local function readTakenNumbers(lruKey, candidates)
  local at = 1
  while at <= #candidates do
    local names = {}
    for i = at, math.min(at + HMGET_MAX - 1, #candidates) do names[#names + 1] = candidates[i].accountId end
    local numbers = redis.call('HMGET', lruKey, unpack(names))
    for i = 1, #names do candidates[at + i - 1].takenNumber = tonumber(numbers[i] or 0) end
    at = at + #names
  end
end

local function isBetter(a, b)
  if a.priority ~= b.priority then return a.priority < b.priority end
  if a.takenNumber ~= b.takenNumber then return a.takenNumber < b.takenNumber end
  return a.index < b.index
end

local function takeAccount(clock, leaseId, sequenceKey, lruKey, candidates)
  table.sort(candidates, isBetter)
  for i = 1, #candidates do
    local candidate = candidates[i]
    if hasFreeSlot(candidate.key, candidate.max, clock.nowMs) then
      takeSlot(candidate.key, leaseId, clock.nowMs, clock.leaseTtlMs)
      candidate.takenNumber = redis.call('INCR', sequenceKey)
      redis.call('HSET', lruKey, candidate.accountId, candidate.takenNumber)
      return candidate.index
    end
  end
  return 0
end

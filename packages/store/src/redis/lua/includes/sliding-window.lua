--[[
  Sliding windows: sixty buckets and the one that is being left, which still counts in full; so no span of the
  window's length ever holds more than the limit. A hash: bucket number -> count, 'sum' of all, 'lo' and 'hi' the
  oldest and newest bucket. See fixed-window for what a window is. Loaded when one is met.
]]
local BUCKETS = 60

local function bucketSpan(clock)
  return math.floor(clock.windowMs / BUCKETS)
end

local function fieldOf(bucket)
  return string.format('%.0f', bucket)
end

local function listFields(from, to)
  local fields = {}
  for bucket = from, to do fields[#fields + 1] = fieldOf(bucket) end
  return fields
end

-- Takes out the buckets before `first`; what is left of the sum.
local function dropOld(window, first, lo, sum)
  local fields = listFields(lo, first - 1)
  local counts = redis.call('HMGET', window.key, unpack(fields))
  for i = 1, #fields do sum = sum - tonumber(counts[i] or 0) end
  redis.call('HDEL', window.key, unpack(fields))
  redis.call('HSET', window.key, 'sum', fieldOf(sum), 'lo', fieldOf(first))
  return sum
end

local function readSliding(clock, window)
  local span = bucketSpan(clock)
  local now = math.floor(clock.nowMs / span)
  local state = redis.call('HMGET', window.key, 'sum', 'lo', 'hi')
  local sum, lo, hi = tonumber(state[1] or 0), tonumber(state[2] or now), tonumber(state[3] or now)
  -- A clock that stepped back a little waits for itself; one that jumped starts anew.
  if hi > now and hi - now <= BUCKETS then now = hi end
  local first = now - BUCKETS
  if hi > now or hi < first then
    redis.call('DEL', window.key)
    sum, lo, hi = 0, now, now
  elseif lo < first then
    sum = dropOld(window, first, lo, sum)
    lo = first
  end
  window.used, window.stamp, window.lo, window.hi = sum, now, lo, hi
  window.resetMs = sum == 0 and 0 or (hi + BUCKETS + 1) * span - clock.nowMs
end

local function writeSliding(clock, window)
  local bucket = fieldOf(window.stamp)
  redis.call('HINCRBY', window.key, bucket, fieldOf(window.cost))
  redis.call('HSET', window.key, 'sum', fieldOf(window.used + window.cost), 'lo', fieldOf(window.lo), 'hi', bucket)
  redis.call('PEXPIRE', window.key, clock.windowMs + 2 * bucketSpan(clock))
  window.resetMs = (window.stamp + BUCKETS + 1) * bucketSpan(clock) - clock.nowMs
end

-- Until enough buckets have left for the request to pass.
local function waitSliding(clock, window)
  local excess = window.used + window.cost - window.limit
  local fields = listFields(window.lo, window.hi)
  local counts = redis.call('HMGET', window.key, unpack(fields))
  for i = 1, #fields do
    excess = excess - tonumber(counts[i] or 0)
    if excess <= 0 then return (window.lo + i + BUCKETS) * bucketSpan(clock) - clock.nowMs end
  end
  return clock.windowMs
end

local function correctSliding(clock, key, stamp, delta)
  local window = { key = key }
  readSliding(clock, window)
  local count = redis.call('HGET', key, fieldOf(stamp))
  if not count then return end
  local change = fieldOf(math.max(delta, -tonumber(count)) + 0) -- "-0" is no number for Redis
  redis.call('HINCRBY', key, fieldOf(stamp), change)
  redis.call('HINCRBY', key, 'sum', change)
end

sliding = { read = readSliding, write = writeSliding, wait = waitSliding, correct = correctSliding }

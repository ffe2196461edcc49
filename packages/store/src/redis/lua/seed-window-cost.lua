--[[
  Sets a window cost that was loaded from the ledger. Spends the token, so that only the first of several loaders
  wins, and none that began before the window was found to be another.

  KEYS[1] figure
  KEYS[2] seed token
  ARGV[1] start of the window, ms
  ARGV[2] its end, ms
  ARGV[3] pico-USD, within 64 bits
  ARGV[4] the token that was given with "window cost unknown"

  Result: 1 = set, 0 = the token is spent, a figure is there or the window is over.
]]
--- @include "includes/read-clock.lua"
local nowMs = readClock()
if redis.call('GET', KEYS[2]) ~= ARGV[4] or tonumber(ARGV[2]) <= nowMs then return 0 end
redis.call('DEL', KEYS[2])
local knownEndMs = tonumber(redis.call('HGET', KEYS[1], 'e'))
if knownEndMs and knownEndMs > nowMs then return 0 end
redis.call('HSET', KEYS[1], 's', ARGV[1], 'e', ARGV[2], 'c', ARGV[3])
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) - nowMs)
return 1

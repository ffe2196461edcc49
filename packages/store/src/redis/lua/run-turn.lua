--[[
  Runs the operations that one node collected in one turn of its loop, in the order given.

  On a Cluster, all keys of one call share a hash tag (one user's, or that of the accounts):
    KEYS  the keys of the operations, one after the other, in the order in which each names them below
    ARGV  the arguments
  On a single Redis, one call holds the whole turn: no KEYS, and ARGV[1] is both lists as JSON, [keys, arguments],
  which is cheaper to build, to send and to read than hundreds of strings. The result is JSON as well.

  Arguments:
  1  lease TTL, ms
  2  RPM window, ms
  3  seed token TTL, ms
  4… the operations, each a letter and its arguments:
    r  release a lease             KEYS slot set                     ARGV lease id
    h  renew a lease (heartbeat)   KEYS slot set                     ARGV lease id
    d  debit a balance             KEYS figure                       ARGV pico-USD
    x  drop a balance              KEYS figure, seed token
    c  count live leases           KEYS slot set
    a  admit a request             KEYS RPM counters…, figure and seed token when asked for, slot sets…
                                   ARGV number of counters, 1 or 0 for the balance, number of slot sets,
                                        limit…, (max, lease id)…
    t  take an account             KEYS binding of the session (if any), sequence, last taken, states, versions, index
                                        of bindings, then for each account its slot set, where it limits sessions
                                        those, where it limits window cost figure and seed token
                                   ARGV request, number of accounts, (max, priority, account id, 1 = limits sessions
                                        + 2 = limits window cost + 4 = another model than the one before, then: model,
                                        maximum and idle ms of sessions, limit and ceiling of window cost)…
                                        A request: lease id, chance, session or '', TTL of the binding or 0, its name
    s  take one of the accounts that the last t named              KEYS binding   ARGV request
    ar report an account           KEYS states, versions, strikes and breaker
                                   ARGV kind, account id, model or '', probe's lease or '', number of successes,
                                        reason, state, its length ms
    aw add to a window cost        KEYS figure                     ARGV pico-USD
    ax drop a window cost          KEYS figure, seed token
    au note upstream windows       KEYS windows, cost figure, seed token
                                   ARGV number, (field, text)…, end of the 5-hour window or 0
    as undo a session              KEYS sessions                   ARGV session, its end
    af refresh a session           KEYS sessions                   ARGV session, idle ms

  Result: an array with one element for each c (the number), a (see admit-request), t and s (see take-account).
]]
--- @include "includes/read-clock.lua"
--- @include "includes/take-slot.lua"
--- @include "includes/move-balance.lua"
--- @include "includes/count-rpm.lua"
--- @include "includes/admit-request.lua"
--- @include "includes/account-health.lua"
--- @include "includes/account-report.lua"
--- @include "includes/account-session.lua"
--- @include "includes/window-cost.lua"
--- @include "includes/upstream-windows.lua"
--- @include "includes/take-account.lua"
--- @include "includes/account-ops.lua"

local keys, args = KEYS, ARGV
local isPacked = #KEYS == 0
if isPacked then
  local turn = cjson.decode(ARGV[1])
  keys, args = turn[1], turn[2]
end

local nowMs, clockText = readClock()
local clock = {
  nowMs = nowMs,
  text = clockText,
  leaseTtlMs = tonumber(args[1]),
  windowMs = tonumber(args[2]),
  seedTokenTtlMs = tonumber(args[3]),
}
local keyAt, argAt = 0, 3
local results = {}

local function nextKey()
  keyAt = keyAt + 1
  return keys[keyAt]
end

local function nextArg()
  argAt = argAt + 1
  return args[argAt]
end

local function nextNumber()
  return tonumber(nextArg())
end

local function runAdmit()
  local rpmCount, hasBalance, slotCount = nextNumber(), nextNumber() == 1, nextNumber()
  local limits, rpmKeys, slots = {}, {}, {}
  local balanceKey, seedKey
  for i = 1, rpmCount do limits[i], rpmKeys[i] = nextNumber(), nextKey() end
  if hasBalance then balanceKey, seedKey = nextKey(), nextKey() end
  for i = 1, slotCount do slots[i] = { key = nextKey(), max = nextNumber(), leaseId = nextArg() } end
  return admitRequest(clock, limits, rpmKeys, balanceKey, seedKey, slots)
end

local accountOps = buildAccountOps(clock, nextKey, nextArg, nextNumber)

while argAt < #args do
  local op = nextArg()
  if op == 'r' then
    redis.call('ZREM', nextKey(), nextArg())
  elseif op == 'a' then
    results[#results + 1] = runAdmit()
  elseif accountOps[op] then
    results[#results + 1] = accountOps[op]()
  elseif op == 'd' then
    debitBalance(nextKey(), nextArg())
  elseif op == 'h' then
    renewSlot(nextKey(), nextArg(), clock.nowMs, clock.leaseTtlMs)
  elseif op == 'x' then
    redis.call('DEL', nextKey(), nextKey())
  elseif op == 'c' then
    results[#results + 1] = redis.call('ZCOUNT', nextKey(), '(' .. string.format('%.0f', clock.nowMs), '+inf')
  else
    return redis.error_reply('unknown operation ' .. tostring(op))
  end
end
return isPacked and cjson.encode(results) or results

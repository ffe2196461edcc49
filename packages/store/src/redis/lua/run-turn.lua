--[[
  Runs the operations that one node collected in one turn of its loop, in the order given.

  On a Cluster, all keys of one call share a hash tag (one user's, or that of the accounts):
    KEYS  the registers of queues that the operations refer to by number, then the keys of the operations, one
          after the other, in the order in which each names them below
    ARGV  the arguments
  On a single Redis, one call holds the whole turn: no KEYS, and ARGV[1] is both lists as JSON, [keys, arguments],
  which is cheaper to build, to send and to read than hundreds of strings. Texts are not in it but behind it, each an
  ARGV of its own, in their order. The result is JSON as well.

  Arguments:
  1  lease TTL, ms
  2  window, ms
  3  seed token TTL, ms
  4  ticket TTL, ms
  5  id of the calling node
  6  number of registers
  7… the operations, each a letter and its arguments ("queue" = number of the register, name in it):
    r  release a lease             KEYS slot set                     ARGV number of the register, lease id
    q  cancel a ticket             KEYS slot sets…, windows…, purses if it has a hold
                                   ARGV queue, ticket id, number of slot sets, lease id…, number of windows,
                                        (f or s, stamp, what was counted)…, 1 if it has a hold, then: its id, -amount,
                                        number of purses, (name, window ms)…
    h  renew a lease (heartbeat)   KEYS slot set                     ARGV lease id
    w  renew waiting tickets       KEYS none                         ARGV queue, number of tickets, ticket id…
    d  settle a hold               KEYS purses
                                   ARGV number of the register, id ('' = left no record), 1 = its lease is its own, cost,
                                        cost - amount, number of purses, (name, window ms)…
    b  settle a hold of a balance  KEYS purses
                                   ARGV number of the register, id ('' = left no record), cost, cost - amount
    x  drop all figures of a user  KEYS purses                       ARGV number of holds that may be over, id…
    p  seed purses                 KEYS purses
                                   ARGV number of the register, TTL, token, number, (name, spent, end of its window or 0)…
    u  read purses                 KEYS purses                       ARGV number, name…
    l  list a user's lost holds    KEYS purses                       ARGV how many at most
    f  forget a lost hold          KEYS purses                       ARGV id
    n  note who holds              KEYS index                        ARGV node|user
    c  count leases and waiters    KEYS slot set                     ARGV queue
    k  correct a window            KEYS window                       ARGV f (fixed) or s (sliding), stamp, change
    v  read a window               KEYS window                       ARGV f or s
    a  admit a request             KEYS windows…, token quota flag and purses when asked for, slot sets…
                                   ARGV 1 = asks for the token quota, money (0 none, 1 a balance alone, which goes with
                                        the first slot set, 2 any), number of windows, (kind as 0
                                        requests or 1 tokens + 2 when sliding, limit, cost)…, with money 1: the text of
                                        the hold (see purses), amount; with money 2: that text, number of
                                        purses, (name, room, window ms)…, amount, index of the slot
                                        set whose lease keeps it (0 = its own: then its id), number of slot sets,
                                        (max, lease id)…, and with slot sets: number of the register, length of the
                                        queue at most (-1 = does not wait)
    t  take an account             KEYS binding of the session (if any), sequence, last taken, states, versions, index
                                        of bindings, then for each account its slot set, where it limits sessions
                                        those, where it limits window cost figure and seed token
                                   ARGV request, number of accounts, (max, priority, account id, 1 = limits sessions
                                        + 2 = limits window cost + 4 = another model than the one before, then: model,
                                        maximum and idle ms of sessions, limit and ceiling of window cost)…
                                        A request: register of the queues, lease id, chance, session or '', TTL of the
                                        binding or 0, its name if any, length of a queue at most (-1 = does not wait),
                                        then: the same for the bound account, user, weight
    s  take one of the accounts that the last t named              KEYS binding   ARGV request
    ar report an account           KEYS states, versions, strikes and breaker
                                   ARGV register of the queues, kind, account id, model or '', probe's lease or '',
                                        number of successes, reason, state, its length ms
    aw add to a window cost        KEYS figure                     ARGV pico-USD
    ax drop a window cost          KEYS figure, seed token
    au note upstream windows       KEYS windows, cost figure, seed token
                                   ARGV number, (field, text)…, end of the 5-hour window or 0
    as undo a session              KEYS sessions                   ARGV session, its end
    af refresh a session           KEYS sessions                   ARGV session, idle ms

  Result: an array with one element for each w (see renew-tickets), c ({ leases, waiters }), v ({ used, ms
  until reset }), p (1 = something was seeded), u ({ spent, that and what is held, end of the window } each, '' = not
  known), l ({ how many went for want of room, { id and text of a hold, moment of its finding, … } }), f (1), a (see admit-request), t and s (see take-account), then one for each ticket of the calling node that was granted or lost (see tell-node).
]]
--- @include "includes/read-clock.lua"

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
  windowMs = tonumber(args[2]),
  seedTokenTtlMs = tonumber(args[3]),
  ticketTtlMs = tonumber(args[4]),
  -- As Redis is told it with every lease: a number would be spelled anew each time. (Joined, a number has up to
  -- fourteen digits; moments have thirteen.)
  leaseEndText = nowMs + args[1] .. '',
  leaseTtlText = args[1] .. '',
  node = args[5],
}
local registerCount = tonumber(args[6])
local keyAt, argAt = registerCount, 6
local results = {}

local function nextKey()
  keyAt = keyAt + 1
  return keys[keyAt]
end

local function nextArg()
  argAt = argAt + 1
  return args[argAt]
end

local textAt = 1
local function nextText()
  if not isPacked then return nextArg() end
  textAt = textAt + 1
  return ARGV[textAt]
end

-- The sum turns the text of a Cluster's argument into a number, for less than a call of tonumber.
local function nextNumber()
  argAt = argAt + 1
  return args[argAt] + 0
end

-- Letter -> function that reads its keys and arguments and gives its result, nil for none.
local handlers = {}

-- Made when the first of their kind is met.
local sliding, correctWindow, queues = nil, nil, nil
local purses, moneyRules, settleHold = nil, nil, nil
local accountRules, waiting = nil, nil
local somebodyWaits, loadFamily
-- What the look at a queue, and at holds that have ended, has found: holds for the admissions that follow one another,
-- as they free nothing. nil = not looked yet. Register -> { closed, seen }; key of a user's purses -> true.
local passes, swept = nil, nil
-- Writes what the takes have left to the end; nil = there were none.
local finishTakes = nil

--- @include "includes/take-slot.lua"
--- @include "includes/find-queue.lua"

-- Makes the functions of a letter, or of a part that several need ('queues', 'waiting', 'sliding', 'purses', 'money',
-- 'accounts'). A script makes its functions anew each time that it runs and pays for each (0.15 µs), so a family is made
-- when its first letter comes; and all in one function, for a function pays for what it shares with its surroundings too.
loadFamily = function(letter)
  if letter == 'r' or letter == 'h' or letter == 'c' then
--- @include "includes/ops-slots.lua"
  elseif letter == 'q' or letter == 'w' then
    meetQueues()
  elseif letter == 'queues' then
--- @include "includes/spell-queue.lua"
--- @include "includes/account-health.lua"
--- @include "includes/count-states.lua"
--- @include "includes/note-max.lua"
--- @include "includes/drop-ticket.lua"
--- @include "includes/enqueue-ticket.lua"
--- @include "includes/tell-node.lua"
--- @include "includes/lose-blocked.lua"
--- @include "includes/look-at-money.lua"
--- @include "includes/grant-queue.lua"
--- @include "includes/renew-tickets.lua"
--- @include "includes/cancel-ticket.lua"
--- @include "includes/ops-queues.lua"
  elseif letter == 'a' then
--- @include "includes/fixed-window.lua"
--- @include "includes/check-windows.lua"
--- @include "includes/take-slots.lua"
--- @include "includes/admit-request.lua"
--- @include "includes/ops-admission.lua"
  elseif letter == 'waiting' then
--- @include "includes/wait-for-slots.lua"
  elseif letter == 'sliding' then
--- @include "includes/sliding-window.lua"
  elseif letter == 'k' or letter == 'v' then
--- @include "includes/fixed-window.lua"
--- @include "includes/correct-window.lua"
--- @include "includes/ops-windows.lua"
  elseif letter == 'purses' then
--- @include "includes/compare-whole.lua"
--- @include "includes/purses.lua"
  elseif letter == 'b' or letter == 'd' or letter == 'n' then
    if not purses then loadFamily('purses') end
--- @include "includes/settle-hold.lua"
--- @include "includes/ops-settlement.lua"
  elseif letter == 'money' then
    if not purses then loadFamily('purses') end
--- @include "includes/compare-whole.lua"
--- @include "includes/sweep-holds.lua"
--- @include "includes/refuse-money.lua"
  elseif letter == 'x' or letter == 'p' or letter == 'u' or letter == 'l' or letter == 'f' then
    if not moneyRules then loadFamily('money') end
--- @include "includes/ops-money.lua"
  elseif letter == 't' then
--- @include "includes/count-states.lua"
--- @include "includes/read-candidates.lua"
--- @include "includes/take-account.lua"
--- @include "includes/ops-accounts.lua"
  elseif letter == 'accounts' then
--- @include "includes/seed-token.lua"
--- @include "includes/compare-whole.lua"
--- @include "includes/account-health.lua"
--- @include "includes/account-session.lua"
--- @include "includes/window-cost.lua"
--- @include "includes/judge-account.lua"
  elseif letter == 'ar' or letter == 'aw' or letter == 'ax' or letter == 'au' or letter == 'as' or letter == 'af' then
--- @include "includes/account-health.lua"
--- @include "includes/account-report.lua"
--- @include "includes/account-session.lua"
--- @include "includes/compare-whole.lua"
--- @include "includes/window-cost.lua"
--- @include "includes/upstream-windows.lua"
--- @include "includes/ops-account-reports.lua"
  end
end

if somebodyWaits then meetQueues() end
while argAt < #args do
  argAt = argAt + 1
  local letter = args[argAt]
  if not handlers[letter] then
    loadFamily(letter)
    if not handlers[letter] then return redis.error_reply('unknown operation ' .. tostring(letter)) end
  end
  if letter ~= 'a' then passes, swept = nil, nil end
  if somebodyWaits and letter ~= 'r' and letter ~= 'q' and letter ~= 'd' and letter ~= 'b' then grantFreed() end
  local result = handlers[letter]()
  if result ~= nil then results[#results + 1] = result end
end
if finishTakes then finishTakes() end
grantFreed()
if queues then queues.sendNews(clock.node, results) end
return isPacked and cjson.encode(results) or results

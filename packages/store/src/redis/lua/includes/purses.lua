--[[
  The purses of a user: a hash with, for each purse, "<name>|s" = what is spent, "<name>|u" = that and all that is
  held, and of a window "<name>|e" = its end, ms (0 = none has begun). Of a balance "spent" is what there is, negative;
  so every purse is used up from below, and its figures are moved by HINCRBY alone and compared as texts.
  Beside it, spelled from its key: holds (hash: id -> see sweep-holds), own (leases of holds that go with no slot), seeds
  (hash: 't' = token, a field for each purse that it is spent for), lost and lostn (see sweep-holds).

  money: key, hold (amount, '0' = only asks whether something is there), id, isOwn, text ('' = leaves no record), and
  a list of purses: name, room ('u' may be that much for the hold to fit; less than 0 = it never fits), windowMs
  (0 = no window). Reading adds claimed ('u', false = not known) and endMs.
  Needs compare-whole, take-slot.
]]
local function besidePurses(key, name)
  return string.sub(key, 1, -1 - #'purses') .. name
end

local function negate(amount)
  if amount == '0' then return amount end
  return string.byte(amount) == 45 and string.sub(amount, 2) or '-' .. amount
end

-- A window that is over: nothing is spent in the one that has not begun.
local function endWindow(key, name)
  local spent = redis.call('HGET', key, name .. '|s')
  redis.call('HINCRBY', key, name .. '|u', negate(spent))
  redis.call('HSET', key, name .. '|s', 0, name .. '|e', 0)
  return redis.call('HGET', key, name .. '|u')
end

-- True when all fit beside what is held. Mostly there is one, and it has no window.
local function readPurses(clock, money)
  local only = money[1]
  if #money == 1 and only.windowMs == 0 then
    only.claimed, only.endMs = redis.call('HGET', money.key, only.name .. '|u'), 0
    return only.claimed and compareWhole(only.claimed, only.room) <= 0
  end
  local fields, fit = {}, true
  for i = 1, #money do
    fields[#fields + 1] = money[i].name .. '|u'
    if money[i].windowMs > 0 then fields[#fields + 1] = money[i].name .. '|e' end
  end
  local values, at = #fields > 0 and redis.call('HMGET', money.key, unpack(fields)), 0
  for i = 1, #money do
    local purse = money[i]
    at = at + 1
    purse.claimed, purse.endMs = values[at], 0
    if purse.windowMs > 0 then
      at = at + 1
      purse.endMs = tonumber(values[at] or 0)
      if purse.claimed and purse.endMs > 0 and purse.endMs <= clock.nowMs then
        purse.claimed, purse.endMs = endWindow(money.key, purse.name), 0
      end
    end
    if not purse.claimed or compareWhole(purse.claimed, purse.room) > 0 then fit = false end
  end
  return fit
end

-- False when it left the 64-bit range (or is not a number): all figures go, and the next admission asks for new ones.
local function movePurse(key, field, change)
  local moved = redis.pcall('HINCRBY', key, field, change)
  if type(moved) ~= 'table' or not moved.err then return true end
  redis.call('DEL', key)
  return false
end

local function takeHold(clock, money)
  if money.hold ~= '0' then
    for i = 1, #money do redis.call('HINCRBY', money.key, money[i].name .. '|u', money.hold) end
  end
  if money.text == '' then return end
  redis.call('HSET', besidePurses(money.key, 'holds'), money.id, money.text)
  if money.isOwn then takeSlot(clock, besidePurses(money.key, 'own'), money.id) end
end

purses = {
  beside = besidePurses, negate = negate, endWindow = endWindow, read = readPurses, move = movePurse, hold = takeHold,
}

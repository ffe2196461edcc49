--[[
  What money says to one who waits; `closed`: purses that those ahead are short of, its name -> true, to which it adds
  its own. Result: 'fits', 'waits', or 'gone' when it was refused, and is out of the queue and told.
  Needs drop-ticket, tell-node, purses and moneyRules of run-turn.
]]

-- Only the first who waits for a figure asks for it.
local function askForSeed(queue, clock, ticketId, node, money, closed, unknown)
  local unasked = {}
  for i = 1, #unknown do
    local name = money[unknown[i]].name
    if not closed[name] then unasked[#unasked + 1] = unknown[i] end
    closed[name] = true
  end
  if #unasked == 0 then return end
  tellNode(queue, node, ticketId, NEWS_UNKNOWN, moneyRules.readToken(clock, money, unasked), unasked)
end

local function isClosed(money, closed)
  for i = 1, #money do
    if closed[money[i].name] then return true end
  end
  return false
end

local function lookAtMoney(queue, clock, ticketId, node, money, closed)
  if purses.read(clock, money) and (money.hold == '0' or not isClosed(money, closed)) then return 'fits' end
  if not moneyRules then loadFamily('money') end
  local unknown = moneyRules.listUnknown(money)
  if #unknown > 0 then
    askForSeed(queue, clock, ticketId, node, money, closed, unknown)
    return 'waits'
  end
  local spent, waitMs = moneyRules.findSpent(clock, money)
  if spent then
    dropTicket(queue, ticketId)
    tellNode(queue, node, ticketId, NEWS_MONEY, spent, waitMs)
    return 'gone'
  end
  if not moneyRules.findHeld(clock, money, closed) then return 'fits' end
  moneyRules.closeShort(money, closed)
  return 'waits'
end

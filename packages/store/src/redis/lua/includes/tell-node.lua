--[[
  News for the nodes whose tickets left a queue: { ticket id, kind, ms that it waited }, kind 1 = granted,
  2 = lost, and of one that waits for money 3 = refused { ticket id, 3, index of the purse, ms until its window is over
  or -1 }, 4 = figures are not known { ticket id, 4, seed token, indexes of the purses }. The calling node finds its own at the end of the result; the others hear theirs in their channel.
  A message that is lost is made up for when the ticket is renewed.
]]
local NEWS_GRANTED, NEWS_LOST, NEWS_MONEY, NEWS_UNKNOWN = 1, 2, 3, 4
local news = {}

local function tellNode(queue, node, ticketId, kind, what, more)
  local inbox = queue.prefix .. '{inv}:node:' .. node
  if not news[inbox] then news[inbox] = { node = node } end
  local entries = news[inbox]
  entries[#entries + 1] = { ticketId, kind, what, more }
end

local function sendNews(ownNode, results)
  for inbox, entries in pairs(news) do
    if entries.node == ownNode then
      for i = 1, #entries do results[#results + 1] = entries[i] end
    else
      entries.node = nil
      redis.call('PUBLISH', inbox, cjson.encode(entries))
    end
  end
end

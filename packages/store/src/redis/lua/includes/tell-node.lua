--[[
  News for the nodes whose tickets left a queue: { ticket id, kind, ms that it waited }, kind 1 = granted,
  2 = lost. The calling node finds its own at the end of the result; the others hear theirs in their channel.
  A message that is lost is made up for when the ticket is renewed.
]]
local NEWS_GRANTED, NEWS_LOST = 1, 2
local news = {}

local function tellNode(queue, node, ticketId, kind, waitedMs)
  local inbox = queue.prefix .. '{inv}:node:' .. node
  if not news[inbox] then news[inbox] = { node = node } end
  local entries = news[inbox]
  entries[#entries + 1] = { ticketId, kind, waitedMs }
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

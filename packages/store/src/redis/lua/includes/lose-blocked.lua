--[[
  An account that is kept out, or waits for a probe, has nobody waiting for it: its tickets are lost, and their
  requests choose anew. Only accounts that are not clean have states, so the usual queue costs one HLEN.
  Needs account-health, count-states, drop-ticket, tell-node.
]]
local STATES_SUFFIX = ':states'

-- True when a request may not go there at all, or may only go as a probe.
local function isKeptOut(stateKey, field, nowMs)
  local health = parseHealth(redis.call('HGET', stateKey, field))
  return health ~= nil and (health.untilMs > nowMs or needsProbe(health.kind))
end

local function loseBlocked(queue, clock)
  if queue.name == '' then return end
  local stateKey = string.sub(queue.register, 1, -1 - #REGISTER_SUFFIX) .. STATES_SUFFIX
  if countStates(stateKey) == 0 then return end
  local isOut = isKeptOut(stateKey, queue.name, clock.nowMs)
  local waiting = redis.call('ZRANGE', queue.order, 0, -1)
  for i = 1, #waiting do
    local packed, model = unpack(redis.call('HMGET', queue.tickets, waiting[i], 'x:' .. waiting[i]))
    if isOut or (model and isKeptOut(stateKey, healthField(queue.name, model), clock.nowMs)) then
      dropTicket(queue, waiting[i])
      if packed then tellNode(queue, cjson.decode(packed)[1], waiting[i], NEWS_LOST, 0) end
    end
  end
end

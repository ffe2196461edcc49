-- How many states of accounts there are (see account-health): mostly none.
-- A key of a foreign type is dropped: it must not fail the turn.
local function countStates(stateKey)
  local count = redis.pcall('HLEN', stateKey)
  if type(count) == 'number' then return count end
  redis.call('DEL', stateKey)
  return 0
end

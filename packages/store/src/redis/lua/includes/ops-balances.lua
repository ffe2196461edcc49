-- Moves a figure: 64-bit integers, keeps the TTL. Out of the range (or not a number): drops it, and the next
-- admission asks for a new one.
function handlers.d()
  local key, amount = nextKey(), nextArg()
  if redis.call('EXISTS', key) == 0 then return end
  local moved = redis.pcall('DECRBY', key, amount)
  if type(moved) == 'table' and moved.err then redis.call('DEL', key) end
end

function handlers.x()
  redis.call('DEL', nextKey(), nextKey())
end

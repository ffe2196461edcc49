-- The operations that take accounts.
local sequenceKey, orderKey, candidates

function handlers.t()
  local leaseId, count = nextArg(), nextNumber()
  sequenceKey, orderKey = nextKey(), nextKey()
  candidates = {}
  for i = 1, count do
    local max, priority, accountId = nextNumber(), nextNumber(), nextArg()
    candidates[i] = { index = i, key = nextKey(), max = max, priority = priority, accountId = accountId }
  end
  readTakenNumbers(orderKey, candidates)
  return takeAccount(clock, leaseId, sequenceKey, orderKey, candidates)
end

-- Another one of the accounts that the last t named.
function handlers.s()
  return takeAccount(clock, nextArg(), sequenceKey, orderKey, candidates)
end

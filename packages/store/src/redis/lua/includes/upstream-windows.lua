--[[
  ACC-5: what upstreams say of their windows: one hash, "<account>|<window>" → JSON that only TypeScript reads.
  Needs window-cost.
]]
local WINDOWS_TTL_MS = 31 * 24 * 3600000

-- fields: field, text, field, text…
local function noteUpstreamWindows(windowsKey, fields, costKey, seedKey, endMs)
  redis.call('HSET', windowsKey, unpack(fields))
  redis.call('PEXPIRE', windowsKey, WINDOWS_TTL_MS)
  if endMs > 0 then outdateWindowCost(costKey, seedKey, endMs) end
end

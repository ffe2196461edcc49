--[[
  The number of the last message.

  KEYS[1] number of the last message

  Result: the number, as text.
]]
--- @include "includes/read-clock.lua"
--- @include "includes/read-number.lua"
return readNumber(KEYS[1])

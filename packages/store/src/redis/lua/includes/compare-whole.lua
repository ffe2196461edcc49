-- < 0, 0, > 0 as a < b, a = b, a > b; whole numbers as text, without leading zeros: amounts pass 2^53, so Lua never
-- does sums with them.
local function compareWhole(a, b)
  local isNegative = string.byte(a) == 45 -- '-'
  if isNegative ~= (string.byte(b) == 45) then return isNegative and -1 or 1 end
  local order = #a - #b
  if order == 0 and a ~= b then order = a < b and -1 or 1 end
  return isNegative and -order or order
end

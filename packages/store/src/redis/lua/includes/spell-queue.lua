--[[
  A queue of those who wait for a slot. Its keys are spelled from the register of its hash tag (see keys.ts), so
  that the usual request, which meets no queue, need not name them; they share the tag.

  register  hash: name of the queue -> how many wait; it exists only while somebody waits
  name      '' = the queue of a user, else the account's id
  gate      the slot set that each of its tickets takes a slot of
  order     sorted set: ticket id -> place (see enqueue-ticket)
  tickets   hash: ticket id -> what it waits for, as JSON; 'v' -> place of the last grant; 's:<user>' -> last place
            given to that user; 'x:<ticket id>' -> its model; 'h:<ticket id>' -> its money, as JSON; 'm:<slot set>' -> the maximum that the newest request named
  expiry    sorted set: ticket id -> the moment at which it dies unless its node renews it
]]
local REGISTER_SUFFIX = ':waiting'
local opened = {}

local function spellQueue(register, name)
  local id = register .. name
  if opened[id] then return opened[id] end
  local tag = string.sub(register, 1, -1 - #REGISTER_SUFFIX)
  local suffix = name == '' and '' or ':' .. name
  opened[id] = {
    register = register,
    name = name,
    prefix = string.match(tag, '^[^{]*'),
    gate = tag .. ':slots' .. suffix,
    order = tag .. ':qo' .. suffix,
    tickets = tag .. ':qt' .. suffix,
    expiry = tag .. ':qx' .. suffix,
  }
  return opened[id]
end

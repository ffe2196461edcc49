-- The operations on windows.
function handlers.k()
  local isSliding = nextArg() == 's'
  correctWindow(clock, nextKey(), isSliding, nextNumber(), nextNumber())
end

function handlers.v()
  local isSliding, window = nextArg() == 's', { key = nextKey() }
  if isSliding then
    if not sliding then loadFamily('sliding') end
    sliding.read(clock, window)
  else
    readFixed(window)
  end
  return { string.format('%.0f', window.used), window.resetMs }
end

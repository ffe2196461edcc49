import type { ProtocolStreamMeter } from '@tollgate/protocol';

/** The meter of an answer that is no stream: it has nothing to watch. One for all, as it keeps nothing. */
export const UNMETERED: ProtocolStreamMeter = Object.freeze({
  push() {},
  end() {},
  usage: () => null,
  hasContent: false,
  firstContentAt: null,
  error: null,
  isComplete: false,
  isFinished: false,
  isBroken: false,
  outputBytes: 0,
  irregular: 0,
});

import { ZERO_USD } from './money.ts';
import { ZERO_USAGE, type AttemptFacts, type AttemptOutcome } from './usage.ts';

/** What is booked of an attempt that was opened and never closed (MON-6): nobody knows what it used. */
export function buildUnknownOutcome(facts: AttemptFacts): AttemptOutcome {
  return {
    ...facts,
    state: 'unknown',
    status: 0,
    errorCode: null,
    usage: { ...ZERO_USAGE },
    extra: [],
    priceVersion: null,
    standardCost: ZERO_USD,
    actualCost: ZERO_USD,
    durationMs: 0,
    firstTokenMs: null,
    upstreamRequestId: null,
    media: null,
  };
}

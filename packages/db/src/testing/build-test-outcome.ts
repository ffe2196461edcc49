import { picoUsd, ZERO_USD, ZERO_USAGE, type AttemptOutcome } from '@tollgate/core';

/** A settled attempt of `usr_1` for tests; `n` makes its id. */
export function buildTestOutcome(n: number, changes: Partial<AttemptOutcome> = {}): AttemptOutcome {
  const unknown = changes.state === 'unknown';
  const outcome = {
    attemptId: `att_${String(n).padStart(26, '0')}`,
    requestId: `req_${String(n).padStart(26, '0')}`,
    nodeId: 'nod_1',
    atMs: 1_700_000_000_000 + n,
    userId: 'usr_1',
    keyId: 'key_1',
    groupId: 'grp_1',
    accountId: 'acc_1',
    protocol: 'messages',
    model: 'model-a',
    upstreamModel: 'model-a-1',
    stream: true,
    rateMultiplier: 1_500_000n,
    subscriptionId: null,
    state: 'settled',
    status: 200,
    errorCode: null,
    usage: { ...ZERO_USAGE, inputTokens: 10, outputTokens: 5 },
    extra: [],
    priceVersion: 'v1',
    standardCost: unknown ? ZERO_USD : picoUsd(2_000_000n),
    actualCost: unknown ? ZERO_USD : picoUsd(3_000_000n),
    durationMs: 1_234,
    firstTokenMs: 56,
    upstreamRequestId: 'up_1',
    media: null,
    ...changes,
  };
  return outcome as AttemptOutcome;
}

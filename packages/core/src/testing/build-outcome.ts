import { createId } from '../ids.ts';
import type { Multiplier, PicoUsd } from '../money.ts';
import { ZERO_MEDIA, ZERO_USAGE, type AttemptFacts, type AttemptOutcome } from '../usage.ts';

const AT_MS = Date.UTC(2026, 0, 2);

export function buildFacts(changes: Partial<AttemptFacts> = {}): AttemptFacts {
  return {
    attemptId: createId('attempt', AT_MS),
    requestId: createId('request', AT_MS),
    nodeId: createId('node', AT_MS),
    atMs: AT_MS,
    userId: createId('user', AT_MS),
    keyId: createId('key', AT_MS),
    groupId: createId('group', AT_MS),
    accountId: createId('account', AT_MS),
    protocol: 'messages',
    model: 'claude-sonnet-4-5',
    upstreamModel: 'claude-sonnet-4-5-20250929',
    stream: true,
    rateMultiplier: 1_500_000n as Multiplier,
    subscriptionId: createId('subscription', AT_MS),
    ...changes,
  };
}

/** An outcome whose every field differs from the default, so that a lost field shows. */
export function buildOutcome(
  facts: AttemptFacts = buildFacts(),
  changes: Partial<AttemptOutcome> = {},
): AttemptOutcome {
  return {
    ...facts,
    state: 'settled',
    status: 200,
    errorCode: null,
    usage: {
      ...ZERO_USAGE,
      inputTokens: 1200,
      cacheReadTokens: 88_000,
      outputTokens: 345,
      reasoningTokens: 12,
    },
    extra: [{ kind: 'advisor_message', model: 'claude-opus-4-1', usage: { ...ZERO_USAGE, outputTokens: 7 } }],
    priceVersion: 'v3',
    standardCost: 345_678_901_234_567_890n as PicoUsd,
    actualCost: 518_518_351_851_851_835n as PicoUsd,
    durationMs: 8123,
    firstTokenMs: 612,
    upstreamRequestId: 'req_011CUé',
    media: { ...ZERO_MEDIA, audioInputTokens: 40, images2k: 3 },
    ...changes,
  };
}

export function buildUnknown(facts: AttemptFacts): AttemptOutcome {
  return {
    ...facts,
    state: 'unknown',
    status: 0,
    errorCode: null,
    usage: { ...ZERO_USAGE },
    extra: [],
    priceVersion: null,
    standardCost: 0n as PicoUsd,
    actualCost: 0n as PicoUsd,
    durationMs: 0,
    firstTokenMs: null,
    upstreamRequestId: null,
    media: null,
  };
}

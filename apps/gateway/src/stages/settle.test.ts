import { parseUsd, ZERO_USAGE, type AttemptFacts, type MeteredUsage, type Multiplier } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { ACCOUNT_ID, GROUP_ID, KEY_ID, MODEL, USER_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { REQUEST_ID } from '../testing/build-context.ts';
import { settleAttempt, type ClosedAttempt } from './settle.ts';

/** 3 USD a million tokens in, 15 out. */
const METERED: MeteredUsage = {
  usage: { ...ZERO_USAGE, inputTokens: 100, outputTokens: 20 },
  extra: [],
  media: null,
  model: MODEL,
};
const STANDARD_COST = parseUsd('0.0006');

function setUp(facts: Partial<AttemptFacts> = {}) {
  const services = buildServices();
  const all: AttemptFacts = {
    attemptId: 'att_1' as never,
    requestId: REQUEST_ID,
    nodeId: services.nodeId,
    atMs: services.clock.nowMs(),
    userId: USER_ID,
    keyId: KEY_ID,
    groupId: GROUP_ID,
    accountId: ACCOUNT_ID,
    protocol: 'messages',
    model: 'asked-for',
    upstreamModel: MODEL,
    stream: true,
    rateMultiplier: 1_500_000n as Multiplier,
    subscriptionId: null,
    ...facts,
  };
  const settle = (result: Partial<ClosedAttempt> = {}) =>
    settleAttempt(
      all,
      {
        state: 'settled',
        status: 200,
        errorCode: null,
        metered: METERED,
        firstTokenMs: 7,
        upstreamRequestId: 'req_up',
        durationMs: 1_234,
        imagePrices: { '1k': null, '2k': null, '4k': null },
        ...result,
      },
      services,
    );
  return { ...services, settle, facts: all };
}

describe('settle', () => {
  it('[MON-3] writes facts, usage and both costs', () => {
    const { settle, journal, facts, prices } = setUp();
    const outcome = settle();
    expect(outcome).toEqual({
      ...facts,
      state: 'settled',
      status: 200,
      errorCode: null,
      usage: METERED.usage,
      extra: [],
      media: null,
      priceVersion: prices.version,
      standardCost: STANDARD_COST,
      actualCost: parseUsd('0.0009'),
      durationMs: 1_234,
      firstTokenMs: 7,
      upstreamRequestId: 'req_up',
    });
    expect(journal.closed).toEqual([outcome]);
  });

  it('[MON-7] a failed attempt is recorded with what it used, and billed to nobody', () => {
    const { settle } = setUp();
    expect(settle({ state: 'failed', status: 502, errorCode: 'upstream_error' })).toMatchObject({
      usage: METERED.usage,
      standardCost: STANDARD_COST,
      actualCost: 0n,
    });
  });

  it('[MON-7] an estimate is billed', () => {
    expect(setUp().settle({ state: 'estimated', status: 499 }).actualCost).toBe(parseUsd('0.0009'));
  });

  it('[MON-3] a free group pays nothing, and the standard cost is still told', () => {
    const { settle } = setUp({ rateMultiplier: 0n as Multiplier });
    expect(settle()).toMatchObject({ standardCost: STANDARD_COST, actualCost: 0n });
  });

  it('[MON-2] usage of a model without a price is marked, and alarmed', () => {
    const { settle, logger, unpriced } = setUp({ upstreamModel: 'claude-unheard-of' });
    expect(settle()).toMatchObject({ usage: METERED.usage, priceVersion: null, actualCost: 0n });
    expect(logger.lines).toMatchObject([
      { level: 'error', message: 'usage without a price', detail: { unpriced: ['claude-unheard-of'] } },
    ]);
    expect([...unpriced.read()]).toEqual([['claude-unheard-of', 1]]);
  });

  it('[MON-2] a part without a price is alarmed, the rest is charged', () => {
    const { settle, logger } = setUp();
    const part = { kind: 'advisor_message', model: 'claude-unheard-of', usage: { ...METERED.usage } };
    expect(settle({ metered: { ...METERED, extra: [part] } })).toMatchObject({
      extra: [part],
      standardCost: STANDARD_COST,
    });
    expect(logger.lines).toMatchObject([{ level: 'error', detail: { unpriced: ['claude-unheard-of'] } }]);
  });

  it('without any usage there is no price either', () => {
    const { settle, logger } = setUp();
    expect(settle({ state: 'failed', metered: null })).toMatchObject({
      usage: ZERO_USAGE,
      priceVersion: null,
      standardCost: 0n,
    });
    expect(logger.lines).toEqual([]);
  });
});

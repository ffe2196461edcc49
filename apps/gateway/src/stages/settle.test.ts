import { parseUsd, ZERO_USAGE, type AttemptFacts, type MeteredUsage, type Multiplier } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { ACCOUNT_ID, GROUP_ID, KEY_ID, MODEL, USER_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { REQUEST_ID } from '../testing/build-context.ts';
import { overrideStore } from '../testing/override-store.ts';
import { settleAttempt, type AttemptResult } from './settle.ts';

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
  const steps: string[] = [];
  services.journal.beforeClose = () => steps.push('journal');
  const store = overrideStore(services.store, {
    debitBalance: (userId, amount) => void steps.push(`debit ${userId} ${amount}`),
  });
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
  const settle = (result: Partial<AttemptResult> = {}) =>
    settleAttempt(
      all,
      {
        state: 'settled',
        status: 200,
        errorCode: null,
        metered: METERED,
        firstTokenMs: 7,
        upstreamRequestId: 'req_up',
        ...result,
      },
      { ...services, store },
    );
  return { ...services, steps, settle, facts: all };
}

describe('settle', () => {
  it('[MON-3] writes facts, usage and both costs', () => {
    const { settle, journal, clock, facts, prices } = setUp();
    clock.advance(1_234);
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

  it('[MON-5] the journal has it before the balance moves, once each', () => {
    const { settle, steps } = setUp();
    settle();
    expect(steps).toEqual(['journal', `debit ${USER_ID} ${parseUsd('0.0009')}`]);
  });

  it('[MON-5] what the journal did not take moves no balance', () => {
    const { settle, journal, steps } = setUp();
    journal.beforeClose = () => {
      throw new Error('disk gone');
    };
    expect(() => settle()).toThrow('disk gone');
    expect(steps).toEqual([]);
  });

  it('[MON-7] a failed attempt is recorded with what it used, and billed to nobody', () => {
    const { settle, steps } = setUp();
    expect(settle({ state: 'failed', status: 502, errorCode: 'upstream_error' })).toMatchObject({
      usage: METERED.usage,
      standardCost: STANDARD_COST,
      actualCost: 0n,
    });
    expect(steps).toEqual(['journal']);
  });

  it('[MON-7] an estimate is billed', () => {
    expect(setUp().settle({ state: 'estimated', status: 499 }).actualCost).toBe(parseUsd('0.0009'));
  });

  it('[MON-3] a free group pays nothing, and the standard cost is still told', () => {
    const { settle, steps } = setUp({ rateMultiplier: 0n as Multiplier });
    expect(settle()).toMatchObject({ standardCost: STANDARD_COST, actualCost: 0n });
    expect(steps).toEqual(['journal']);
  });

  it('[MON-2] usage of a model without a price is marked, and alarmed', () => {
    const { settle, logger } = setUp({ upstreamModel: 'claude-unheard-of' });
    expect(settle()).toMatchObject({ usage: METERED.usage, priceVersion: null, actualCost: 0n });
    expect(logger.lines).toMatchObject([
      { level: 'error', message: 'usage without a price', detail: { unpriced: ['claude-unheard-of'] } },
    ]);
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

  it('a wall clock that is set back gives no negative duration', () => {
    const { settle, clock } = setUp();
    clock.advance(-5_000);
    expect(settle().durationMs).toBe(0);
  });
});

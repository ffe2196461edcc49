import { parseUsd, ZERO_USAGE, type SubscriptionId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildAccount, buildGroup, buildKey, GROUP_ID, MODEL } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { START_MS } from '../testing/manual-clock.ts';
import { watchHolds } from '../testing/watch-holds.ts';
import { admit } from './admit.ts';
import { AttemptRecord } from './attempt-record.ts';
import type { AttemptResult } from './settle.ts';

const RESULT: AttemptResult = {
  state: 'settled',
  status: 200,
  errorCode: null,
  metered: {
    usage: { ...ZERO_USAGE, inputTokens: 100, outputTokens: 20 },
    extra: [],
    media: null,
    model: MODEL,
  },
  firstTokenMs: 7,
  upstreamRequestId: null,
};
const COST = parseUsd('0.0009');
const PICKED = {
  account: buildAccount(),
  upstreamModel: MODEL,
  lease: null,
  isProbe: false,
  sessionId: null,
  registeredSession: null,
};

function setUp(key = buildKey()) {
  const services = buildServices();
  const { store, holds } = watchHolds(services.store);
  const { context } = buildParsedContext({}, key);
  return { services: { ...services, store }, context, holds };
}

describe('attempt-record', () => {
  it('[MON-5] lasts from its own opening on, however long the request has waited before', async () => {
    const { services, context } = setUp();
    await admit(context, services, { slots: true });
    services.clock.advance(30_000);
    const record = new AttemptRecord(context, PICKED, services);
    await record.open();
    services.clock.advance(1_234);
    expect(record.close(RESULT)).toMatchObject({ atMs: START_MS, durationMs: 1_234 });
  });

  it('a wall clock that is set back gives no negative duration', async () => {
    const { services, context } = setUp();
    const record = new AttemptRecord(context, PICKED, services);
    await record.open();
    services.clock.advance(-5_000);
    expect(record.close(RESULT)?.durationMs).toBe(0);
  });

  it('[MON-5] is billed when the journal has it, once, and not when the journal did not take it', async () => {
    const { services, context, holds } = setUp();
    await admit(context, services, { slots: true });
    const record = new AttemptRecord(context, PICKED, services);
    await record.open();
    services.journal.beforeClose = () => {
      throw new Error('EIO');
    };
    expect(() => record.close(RESULT)).toThrow('EIO');
    services.journal.beforeClose = null;
    expect(record.close(RESULT)?.actualCost).toBe(COST);
    expect(record.close(RESULT)).toBeNull();
    context.money.settle(services.store);
    context.money.settle(services.store);
    expect(holds.settled.map(({ cost }) => cost)).toEqual([COST]);
  });

  it('[MON-4] what several attempts are billed is settled as one sum', async () => {
    const { services, context, holds } = setUp();
    await admit(context, services, { slots: true });
    for (const state of ['failed', 'estimated', 'settled'] as const) {
      const record = new AttemptRecord(context, PICKED, services);
      await record.open();
      record.close({ ...RESULT, state });
    }
    context.money.settle(services.store);
    expect(holds.settled.map(({ cost }) => cost)).toEqual([COST * 2n]);
  });

  it('[MON-4] tokens beyond all reason are settled within what the store can hold', async () => {
    const { services, context, holds } = setUp();
    await admit(context, services, { slots: true });
    context.money.bill(parseUsd('999999999999'));
    context.money.settle(services.store);
    expect(holds.billed).toBe(10n ** 18n);
  });

  it('[MON-9] names the subscription that pays, and none in a standard group', () => {
    const subscription = {
      id: 'sub_1' as SubscriptionId,
      startsAtMs: START_MS,
      expiresAtMs: START_MS + 1,
      status: 'active' as const,
    };
    const subscriptions = { [GROUP_ID]: subscription };
    const facts = (type: 'standard' | 'subscription') => {
      const { services, context } = setUp(buildKey({ groups: [buildGroup({ type })], subscriptions }));
      return new AttemptRecord(context, PICKED, services).facts;
    };
    expect(facts('subscription').subscriptionId).toBe('sub_1');
    expect(facts('standard').subscriptionId).toBeNull();
  });
});

import { parseUsd, picoUsd, type GroupSnapshot, type SubscriptionId, type WindowUse } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildGroup, buildKey, GROUP_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { overrideStore, rejectAsGone } from '../testing/override-store.ts';
import { START_MS } from '../testing/manual-clock.ts';
import { admit } from '../stages/admit.ts';
import { showUsage } from './show-usage.ts';

const DAY_MS = 86_400_000;
const SUBSCRIPTION = {
  id: 'sub_1' as SubscriptionId,
  startsAtMs: START_MS - 1,
  expiresAtMs: START_MS + 90 * DAY_MS,
  status: 'active' as const,
};
const usd = (text: string): string => parseUsd(text).toString();

function setUp(changes: Partial<GroupSnapshot> = {}, subscriptions = {}) {
  const services = buildServices();
  const key = buildKey({ groups: [buildGroup({ name: 'a "plan"', ...changes })], subscriptions });
  const run = async () => {
    const { context, writer } = buildParsedContext({}, key);
    expect(await showUsage(context, services)).toBeNull();
    return writer.body;
  };
  /** What a request of the user does: the figures are in the store from then on. */
  const spend = async (cost: string) => {
    const { context } = buildParsedContext({}, key);
    expect(await admit(context, services, { slots: true })).toBeNull();
    context.money.bill(parseUsd(cost));
    context.money.settle(services.store);
    services.store.release(context.leases);
  };
  return { services, run, spend };
}

function setUpSubscription(changes: Partial<GroupSnapshot> = {}, subscription: object | null = {}) {
  const subscriptions = subscription && { [GROUP_ID]: { ...SUBSCRIPTION, ...subscription } };
  const test = setUp({ type: 'subscription', ...changes }, subscriptions ?? {});
  const use = (day: WindowUse, rest: WindowUse = { spent: picoUsd(0n), startMs: null }) =>
    (test.services.source.subscription = { day, week: rest, month: rest });
  use({ spent: picoUsd(0n), startMs: null });
  return { ...test, use };
}

describe('show-usage: balance', () => {
  it('[MON-10] tells the ledger’s balance, to the last digit', async () => {
    const { services, run } = setUp();
    services.source.balance = parseUsd('9007199.254740993001');
    expect(await run()).toBe(
      '{"isValid":true,"planName":"a \\"plan\\"","remaining":9007199.254740993001,"unit":"USD"}',
    );
  });

  it('[MON-10] the live figure goes before the ledger’s', async () => {
    const { run, spend } = setUp();
    await spend('10.5');
    expect(JSON.parse(await run())).toMatchObject({ remaining: -0.5 });
  });

  it('[MON-10] works at zero balance', async () => {
    const { services, run } = setUp();
    services.source.balance = parseUsd('0');
    expect(JSON.parse(await run())).toMatchObject({ isValid: true, remaining: 0 });
  });

  it('[MON-10] with the store gone the ledger answers', async () => {
    const { services, run } = setUp();
    services.store = overrideStore(services.store, { readPurses: rejectAsGone });
    expect(JSON.parse(await run())).toMatchObject({ remaining: 10 });
  });

  it('[MON-10] with both gone: 503', async () => {
    const { services, run } = setUp();
    services.source.isGone = true;
    await expect(run()).rejects.toMatchObject({ code: 'unavailable', status: 503 });
  });
});

describe('show-usage: subscription', () => {
  it.each<[string, Partial<GroupSnapshot>, string, number]>([
    ['no window has a limit', {}, '3', -1],
    ['one window', { limitDay: usd('10') }, '3', 7],
    ['the least of all', { limitDay: usd('10'), limitWeek: usd('2.5'), limitMonth: usd('99') }, '3', 2.5],
    ['one is used up', { limitDay: usd('3'), limitMonth: usd('99') }, '3', 0],
    ['one is more than used up', { limitDay: usd('2') }, '3', 0],
  ])('[MON-10] %s', async (_, limits, spent, remaining) => {
    const { run, use } = setUpSubscription(limits);
    use({ spent: parseUsd(spent), startMs: START_MS - 1 });
    expect(JSON.parse(await run())).toMatchObject({ isValid: true, remaining, unit: 'USD' });
  });

  it('[MON-10] what was spent in a window that is over does not count', async () => {
    const { run, use, services } = setUpSubscription({ limitDay: usd('10') });
    use({ spent: parseUsd('4'), startMs: START_MS });
    services.clock.advance(DAY_MS - 1);
    expect(JSON.parse(await run())).toMatchObject({ remaining: 6 });
    services.clock.advance(1);
    expect(JSON.parse(await run())).toMatchObject({ remaining: 10 });
  });

  it('[MON-10] the live figures go before the books’', async () => {
    const { run, spend, use } = setUpSubscription({ limitDay: usd('10'), limitWeek: usd('20') });
    use({ spent: parseUsd('4'), startMs: START_MS });
    await spend('1');
    expect(JSON.parse(await run())).toMatchObject({ remaining: 5 });
  });

  it.each([
    ['there is none', null],
    ['it is suspended', { status: 'suspended' }],
    ['it has expired', { expiresAtMs: START_MS }],
    ['it has not begun', { startsAtMs: START_MS + 1 }],
  ])('[MON-10] [MON-9] %s: not valid, and nothing is left', async (_, subscription) => {
    const { run } = setUpSubscription({}, subscription);
    expect(JSON.parse(await run())).toMatchObject({ isValid: false, remaining: 0 });
  });
});

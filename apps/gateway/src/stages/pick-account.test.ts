import {
  DEFAULT_DEADLINES,
  TollgateError,
  type AccountId,
  type AccountSnapshot,
  type PoolSnapshot,
} from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import {
  ACCOUNT_ID,
  buildAccount,
  buildGroup,
  buildKey,
  buildPool,
  GROUP_ID,
  MODEL,
} from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { START_MS } from '../testing/manual-clock.ts';
import { overrideStore, rejectAsGone } from '../testing/override-store.ts';
import { pickAccount } from './pick-account.ts';
import type { PickedAccount } from './picked-account.ts';

const account = (id: string, changes: Partial<AccountSnapshot> = {}) =>
  buildAccount({ id: id as AccountId, ...changes });

function setUp(accounts: AccountSnapshot[] = [buildAccount()], pool: PoolSnapshot = buildPool(accounts)) {
  const services = buildServices();
  services.source.pools.set(GROUP_ID, pool);
  let turn = 0;
  const run = async (
    options: {
      excluded?: string[];
      slots?: boolean;
      model?: string;
      session?: string;
      group?: Parameters<typeof buildGroup>[0];
    } = {},
  ) => {
    const key = buildKey({ groups: [buildGroup(options.group)] });
    // Each its own session, unless it is named: one would stick to its account.
    turn += 1;
    const messages = [{ role: 'user', content: options.session ?? `Hi ${turn}` }];
    const { context } = buildParsedContext({ model: options.model ?? MODEL, messages }, key);
    return pickAccount(context, services, {
      excluded: new Set(options.excluded as AccountId[] | undefined),
      slots: options.slots ?? true,
    });
  };
  const pick = async (options: Parameters<typeof run>[0] = {}): Promise<PickedAccount> => {
    const picked = await run(options);
    if (picked instanceof TollgateError) throw picked;
    return picked;
  };
  return { services, run, pick };
}

describe('pick-account', () => {
  it('takes a slot of the account', async () => {
    const { pick, services } = setUp();
    expect(await pick()).toMatchObject({
      account: { id: ACCOUNT_ID },
      upstreamModel: MODEL,
      lease: { holder: { kind: 'account', accountId: ACCOUNT_ID } },
    });
    expect(await services.store.countSlots({ kind: 'account', accountId: ACCOUNT_ID })).toBe(1);
  });

  it('[AUTH-5] reads the pool once, and hands out the very same account', async () => {
    const { pick, services } = setUp([buildAccount({ concurrency: 0 })]);
    const [first, second] = [await pick(), await pick()];
    expect(second.account).toBe(first.account);
    expect(services.source.loads).toBe(1);
  });

  it('[SEL-1] goes by priority, then least recently used, and past full accounts', async () => {
    const { pick } = setUp([
      account('acc_best', { priority: 9 }),
      account('acc_a', { concurrency: 2 }),
      account('acc_b', { concurrency: 2 }),
    ]);
    const order = [];
    for (let time = 0; time < 2; time += 1) order.push((await pick()).account.id);
    expect(order).toEqual(['acc_best', expect.stringMatching(/^acc_[ab]$/)]);
    order.push((await pick()).account.id);
    expect(order[2]).not.toBe(order[1]);
  });

  it('[SEL-5] passes over accounts that were tried', async () => {
    const { pick, run } = setUp([account('acc_a'), account('acc_b')]);
    expect((await pick({ excluded: ['acc_a'] })).account.id).toBe('acc_b');
    expect(await run({ excluded: ['acc_a', 'acc_b'] })).toMatchObject({ code: 'no_account' });
  });

  it.each<[string, Partial<AccountSnapshot>, string]>([
    ['disabled', { status: 'disabled' }, 'no_account'],
    ['in error', { status: 'error' }, 'no_account'],
    ['not schedulable', { schedulable: false }, 'no_account'],
    ['expired', { expiresAtMs: START_MS }, 'no_account'],
    ['of another platform', { platform: 'gemini' }, 'no_account'],
    ['without the model', { modelMapping: { other: 'x' } }, 'unknown_model'],
  ])('[ACC-2] the only account is %s', async (_, changes, code) => {
    expect(await setUp([buildAccount(changes)]).run()).toMatchObject({ code });
  });

  it('a pool that is empty, or unknown: 503', async () => {
    expect(await setUp([]).run()).toMatchObject({ code: 'no_account', status: 503 });
    const { run } = setUp();
    expect(await run({ group: { id: 'grp_9' as never } })).toMatchObject({ code: 'no_account' });
  });

  it('an unknown model is named with its field, cut where it is long', async () => {
    const { run } = setUp([buildAccount({ modelMapping: { other: 'x' } })]);
    const refusal = await run({ model: `"${'x'.repeat(200)}` });
    expect(refusal).toMatchObject({ status: 400, param: 'model' });
    expect((refusal as Error).message.length).toBeLessThan(140);
  });

  it('all slots taken: 503 with Retry-After, and nothing is held', async () => {
    const { pick, run, services } = setUp();
    await pick();
    const group = { deadlines: { ...DEFAULT_DEADLINES, totalMs: 60 } };
    expect(await run({ group })).toMatchObject({ code: 'no_account', retryAfterMs: 1_000 });
    expect(await services.store.countSlots({ kind: 'account', accountId: ACCOUNT_ID })).toBe(1);
  });

  it('[MON-2] a model without a price is refused, or allowed by the group', async () => {
    const { run } = setUp();
    expect(await run({ model: 'claude-unheard-of' })).toMatchObject({ code: 'unpriced_model', status: 400 });
    expect(await run({ model: 'claude-unheard-of', group: { unpricedModels: 'allow' } })).toMatchObject({
      upstreamModel: 'claude-unheard-of',
    });
  });

  it('[MON-2] the price is that of the upstream’s name', async () => {
    const { pick, run } = setUp([
      account('acc_a', { modelMapping: { mine: 'claude-unheard-of' }, priority: 1 }),
      account('acc_b', { modelMapping: { mine: MODEL } }),
    ]);
    expect(await pick({ model: 'mine' })).toMatchObject({ account: { id: 'acc_b' }, upstreamModel: MODEL });
    expect(await run({ model: 'mine', excluded: ['acc_b'] })).toMatchObject({ code: 'unpriced_model' });
  });

  it('[API-5] without a slot: nothing is held, no price is needed, best priority in turn', async () => {
    const { pick, services } = setUp([
      account('acc_late', { priority: 60 }),
      account('acc_a'),
      account('acc_b'),
    ]);
    const picked = [];
    for (let time = 0; time < 4; time += 1)
      picked.push(await pick({ slots: false, model: 'claude-unheard-of' }));
    expect(picked.map(({ lease }) => lease)).toEqual([null, null, null, null]);
    const ids = picked.map(({ account: { id } }) => id);
    expect(ids.toSorted()).toEqual(['acc_a', 'acc_a', 'acc_b', 'acc_b']);
    expect(await services.store.countSlots({ kind: 'account', accountId: ACCOUNT_ID })).toBe(0);
  });

  it('the store or the database gone: its fault goes on to the pipeline', async () => {
    const { services, run } = setUp();
    services.source.isGone = true;
    await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
    services.source.isGone = false;
    services.store = overrideStore(services.store, { takeAccount: rejectAsGone });
    await expect(run()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });

  it('an account that nobody offered is given back', async () => {
    const { services, run } = setUp();
    const lease = {
      id: 'lse_1' as never,
      holder: { kind: 'account' as const, accountId: 'acc_9' as AccountId },
    };
    const released: unknown[] = [];
    services.store = overrideStore(services.store, {
      takeAccount: async () => ({
        taken: true,
        accountId: 'acc_9' as AccountId,
        lease,
        isSticky: false,
        isProbe: false,
        registeredSession: null,
        exclusions: [],
      }),
      release: (leases) => void released.push(...leases),
    });
    await expect(run()).rejects.toThrow('not offered');
    expect(released).toEqual([lease]);
  });
});

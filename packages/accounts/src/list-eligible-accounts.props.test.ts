import type { AccountId, AccountSnapshot } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listEligibleAccounts, type EligibilityQuery } from './list-eligible-accounts.ts';
import { buildAccount, buildPool } from '@tollgate/core/testing';

const HEALTHY = buildAccount();
const QUERY: EligibilityQuery = { model: 'm-1', platform: 'anthropic', nowMs: 1000, excluded: new Set() };

describe('[ACC-2] listEligibleAccounts', () => {
  it.each<[string, Partial<AccountSnapshot>]>([
    ['disabled', { status: 'disabled' }],
    ['error', { status: 'error' }],
    ['not-schedulable', { schedulable: false }],
    ['expired', { expiresAtMs: 1000 }],
    ['wrong-platform', { platform: 'openai' }],
    ['model-not-allowed', { modelMapping: { other: 'other' } }],
  ])('excludes: %s', (reason, change) => {
    expect(listEligibleAccounts(buildPool({ ...HEALTHY, ...change }), QUERY)).toEqual({
      eligible: [],
      exclusions: [{ accountId: HEALTHY.id, reason }],
    });
  });

  it('excludes what was tried, with no other reason named', () => {
    const query = { ...QUERY, excluded: new Set([HEALTHY.id]) };
    const { exclusions } = listEligibleAccounts(buildPool({ ...HEALTHY, status: 'disabled' }), query);
    expect(exclusions).toEqual([{ accountId: HEALTHY.id, reason: 'already-tried' }]);
  });

  it('takes an account up to its last millisecond, with the mapped name', () => {
    const account = { ...HEALTHY, expiresAtMs: 1001, modelMapping: { 'm-*': 'up-*' } };
    expect(listEligibleAccounts(buildPool(account), QUERY)).toEqual({
      eligible: [{ account, upstreamModel: 'up-1' }],
      exclusions: [],
    });
  });

  it('[SEL-1] a route replaces the candidates, and changes no other rule', () => {
    const [one, two, three] = ['acc_1', 'acc_2', 'acc_3'].map((id) => buildAccount({ id: id as AccountId }));
    const pool = buildPool(one!, two!, { ...three!, status: 'disabled' });
    const routedTo = new Set([two!.id, three!.id]);
    expect(listEligibleAccounts(pool, { ...QUERY, routedTo })).toEqual({
      eligible: [{ account: two, upstreamModel: 'm-1' }],
      exclusions: [
        { accountId: one!.id, reason: 'not-routed' },
        { accountId: three!.id, reason: 'disabled' },
      ],
    });
    expect(listEligibleAccounts(pool, { ...QUERY, routedTo: null }).eligible).toHaveLength(2);
  });

  it('[SEL-1] a route that names no account of the pool leaves none', () => {
    const pool = buildPool(HEALTHY);
    expect(listEligibleAccounts(pool, { ...QUERY, routedTo: new Set() })).toEqual({
      eligible: [],
      exclusions: [{ accountId: HEALTHY.id, reason: 'not-routed' }],
    });
  });

  it('an empty pool gives two empty lists', () => {
    expect(listEligibleAccounts(buildPool(), QUERY)).toEqual({ eligible: [], exclusions: [] });
  });

  const account = fc
    .record({
      platform: fc.constantFrom<AccountSnapshot['platform'][]>('anthropic', 'openai'),
      status: fc.constantFrom<AccountSnapshot['status'][]>('active', 'disabled', 'error'),
      schedulable: fc.boolean(),
      expiresAtMs: fc.constantFrom(null, 999, 1000, 1001),
      modelMapping: fc.constantFrom<Record<string, string>[]>(
        {},
        { 'm-1': 'x' },
        { 'm-*': 'y' },
        { other: 'z' },
      ),
    })
    .map(buildAccount);
  const pools = fc
    .array(account, { maxLength: 12 })
    .map((accounts) =>
      buildPool(...accounts.map((one, index) => ({ ...one, id: `acc_${index}` as AccountId }))),
    );
  const tried = fc
    .array(fc.nat({ max: 12 }))
    .map((list) => new Set(list.map((index) => `acc_${index}` as AccountId)));

  it('is total: every account is in one of the lists, once and in order', () => {
    fc.assert(
      fc.property(pools, tried, (pool, excluded) => {
        const { eligible, exclusions } = listEligibleAccounts(pool, { ...QUERY, excluded });
        const left = eligible.map((entry) => entry.account.id);
        const out = exclusions.map((entry) => entry.accountId);
        const ids = pool.accounts.map((one) => one.id);
        expect(ids.filter((id) => left.includes(id))).toEqual(left);
        expect(ids.filter((id) => !left.includes(id))).toEqual(out);
      }),
    );
  });

  it('excludes no account that meets all conditions, and takes none that misses one', () => {
    fc.assert(
      fc.property(pools, tried, (pool, excluded) => {
        const { eligible } = listEligibleAccounts(pool, { ...QUERY, excluded });
        const wanted = pool.accounts.filter(
          (one) =>
            one.platform === 'anthropic' &&
            one.status === 'active' &&
            one.schedulable &&
            (one.expiresAtMs ?? Infinity) > 1000 &&
            !('other' in one.modelMapping) &&
            !excluded.has(one.id),
        );
        expect(eligible.map((entry) => entry.account)).toEqual(wanted);
      }),
    );
  });
});

import type { AccountReport } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import type { AccountExclusion } from '../account-port.ts';
import type { Store } from '../port.ts';
import { accountId, askAccounts, candidate, takenOf, flushAccounts, type Harness } from './harness.ts';

const X = accountId('x');
const failure: AccountReport = { accountId: X, upstreamModel: null, kind: 'failure', reason: '502' };
const success: AccountReport = { accountId: X, upstreamModel: null, kind: 'success' };
const undecided: AccountReport = { accountId: X, upstreamModel: null, kind: 'undecided' };
const strike: AccountReport = { accountId: X, upstreamModel: null, kind: 'strike', reason: '401' };

const block = (
  state: 'rate-limited' | 'overloaded' | 'paused' | 'error',
  untilMs: number,
  upstreamModel: string | null = null,
): AccountReport => ({
  accountId: X,
  upstreamModel,
  kind: 'block',
  state,
  untilMs,
  reason: `it is ${state}`,
});

const take = (store: Store) => store.takeAccount(askAccounts([candidate('x', 0)]));

/** Why x is passed over; null when it was taken. */
async function readExclusion(store: Store): Promise<AccountExclusion | null> {
  const result = await take(store);
  if (result.taken) return null;
  return 'exclusions' in result ? (result.exclusions[0] ?? null) : null;
}

async function openBreaker(store: Store): Promise<void> {
  for (let time = 0; time < 5; time += 1) store.reportAccount(failure);
  expect(await readExclusion(store)).toMatchObject({ reason: 'breaker-open' });
}

export function describeAccountStates(harness: () => Harness): void {
  describe('account states', () => {
    it.each(['rate-limited', 'overloaded', 'paused'] as const)(
      '[ACC-2] [ACC-4] %s keeps an account out on every node until its end',
      async (state) => {
        const { nodes, advance } = harness();
        nodes[0].reportAccount(block(state, 60_000));
        await nodes[0].countSlots({ kind: 'account', accountId: X });
        const exclusion = await readExclusion(nodes[1]);
        expect(exclusion).toMatchObject({ accountId: X, reason: state });
        expect(exclusion?.retryAfterMs).toBeGreaterThan(55_000);
        expect(exclusion?.retryAfterMs).toBeLessThanOrEqual(60_000);
        await advance(60_000);
        expect(await readExclusion(nodes[2])).toBeNull();
        expect(await nodes[0].listAccountStates([X])).toEqual([]);
      },
    );

    it('[ACC-3] a state of one model leaves the others alone', async () => {
      const [node] = harness().nodes;
      node.reportAccount(block('rate-limited', 60_000, 'opus'));
      const of = (upstreamModel: string) =>
        node.takeAccount(askAccounts([candidate('x', 0, { upstreamModel })]));
      expect(await of('opus')).toMatchObject({ taken: false, exclusions: [{ reason: 'rate-limited' }] });
      expect(await of('haiku')).toMatchObject({ taken: true, exclusions: [] });
      expect(await node.listAccountStates([X])).toMatchObject([{ upstreamModel: 'opus' }]);
      await node.clearAccountState(X, 'haiku');
      expect(await of('opus')).toMatchObject({ taken: false });
      await node.clearAccountState(X, 'opus');
      expect(await of('opus')).toMatchObject({ taken: true });
    });

    it('[ACC-2] of two states the one that ends last counts, and a shorter one does not end a longer', async () => {
      const [node] = harness().nodes;
      node.reportAccount(block('overloaded', 600_000));
      node.reportAccount(block('rate-limited', 60_000));
      node.reportAccount(block('paused', 6_000, 'm'));
      expect(await readExclusion(node)).toMatchObject({ reason: 'overloaded' });
      node.reportAccount(block('rate-limited', 900_000, 'm'));
      expect(await readExclusion(node)).toMatchObject({ reason: 'rate-limited' });
    });

    it('[ACC-4] a state has a reason, a beginning, an end, and a version that rises', async () => {
      const [node, other] = harness().nodes;
      node.reportAccount(block('rate-limited', 60_000));
      const [first] = await node.listAccountStates([X]);
      node.reportAccount(block('rate-limited', 90_000));
      const [second] = await node.listAccountStates([accountId('y'), X]);
      expect(first).toMatchObject({ accountId: X, upstreamModel: null, kind: 'rate-limited' });
      expect(first).toMatchObject({ reason: 'it is rate-limited', backoffStep: 0, isProbing: false });
      expect((first?.untilMs ?? 0) - (first?.sinceMs ?? 0)).toBe(60_000);
      expect(second?.version).toBeGreaterThan(first?.version ?? Infinity);
      expect(second?.sinceMs).toBe(first?.sinceMs);
      expect(await other.listAccountStates([accountId('y')])).toEqual([]);
    });

    it('[ACC-4] a reason may hold anything, and is cut where it is long', async () => {
      const [node] = harness().nodes;
      const reason = `a|b|1|2\n"${'x'.repeat(600)}`;
      node.reportAccount({ ...block('paused', 60_000), reason } as AccountReport);
      expect((await node.listAccountStates([X]))[0]?.reason).toBe(reason.slice(0, 500));
      expect(await readExclusion(node)).toMatchObject({ reason: 'paused' });
    });

    it('[ACC-3] four failures are not enough; five of ten open the breaker, five of eleven do not', async () => {
      const [node] = harness().nodes;
      const report = (count: number, what: AccountReport) => {
        for (let time = 0; time < count; time += 1) node.reportAccount(what);
      };
      report(4, failure);
      expect(await readExclusion(node)).toBeNull();
      await node.clearAccountState(X);
      report(6, success);
      report(5, failure);
      expect(await readExclusion(node)).toBeNull();
      await node.clearAccountState(X);
      report(5, success);
      report(5, failure);
      expect(await readExclusion(node)).toMatchObject({ reason: 'breaker-open' });
    });

    it('[ACC-3] failures are forgotten after a minute', async () => {
      const { nodes, advance } = harness();
      for (let time = 0; time < 4; time += 1) nodes[0].reportAccount(failure);
      await flushAccounts(nodes[0]);
      await advance(60_000);
      nodes[1].reportAccount(failure);
      expect(await readExclusion(nodes[1])).toBeNull();
    });

    it('[ACC-3] failures of several nodes count together', async () => {
      const { nodes } = harness();
      for (let time = 0; time < 6; time += 1) {
        const node = nodes[time % 3] ?? nodes[0];
        node.reportAccount(failure);
        await flushAccounts(node);
      }
      expect(await readExclusion(nodes[0])).toMatchObject({ reason: 'breaker-open' });
    });

    it('[ACC-3] when the back-off is over exactly one request goes as a probe, over all nodes', async () => {
      const { nodes, advance } = harness();
      await openBreaker(nodes[0]);
      await advance(10_000);
      const takes = await Promise.all(
        Array.from({ length: 9 }, (_, index) => take(nodes[index % 3] ?? nodes[0])),
      );
      const taken = takes.filter((result) => result.taken);
      expect(taken).toMatchObject([{ isProbe: true }]);
      expect(await readExclusion(nodes[1])).toMatchObject({ reason: 'probing' });
      expect(await nodes[2].listAccountStates([X])).toMatchObject([
        { kind: 'breaker-open', isProbing: true },
      ]);
    });

    it('[ACC-3] a probe that succeeds closes the breaker for all', async () => {
      const { nodes, advance } = harness();
      await openBreaker(nodes[0]);
      await advance(10_000);
      const probe = takenOf(await take(nodes[1]));
      nodes[1].reportAccount(success, probe.lease.id);
      await flushAccounts(nodes[1]);
      expect(await take(nodes[2])).toMatchObject({ taken: true, isProbe: false });
      expect(await nodes[0].listAccountStates([X])).toEqual([]);
    });

    it('[ACC-3] a probe that fails doubles the back-off, up to five minutes', async () => {
      const { nodes, advance } = harness();
      const [node] = nodes;
      await openBreaker(node);
      const waits = [];
      for (let step = 0; step < 7; step += 1) {
        const [state] = await node.listAccountStates([X]);
        await advance(300_000);
        const probe = takenOf(await take(node));
        node.reportAccount(failure, probe.lease.id);
        waits.push((await readExclusion(node))?.retryAfterMs ?? 0);
        expect(state?.backoffStep).toBe(step);
      }
      const expected = [20, 40, 80, 160, 300, 300, 300];
      expect(waits.map((ms) => Math.ceil(ms / 1_000))).toEqual(expected);
    });

    it('[ACC-3] what was under way when the breaker opened neither ends nor prolongs it', async () => {
      const [node] = harness().nodes;
      const late = takenOf(await take(node));
      await openBreaker(node);
      for (const report of [failure, success, strike, block('rate-limited', 1)]) node.reportAccount(report);
      node.reportAccount(success, late.lease.id);
      const exclusion = await readExclusion(node);
      expect(exclusion).toMatchObject({ reason: 'breaker-open' });
      expect(exclusion?.retryAfterMs).toBeLessThanOrEqual(10_000);
    });

    it('[ACC-3] a probe whose node died frees its place after 30 s; its late success still counts', async () => {
      const { nodes, advance } = harness();
      await openBreaker(nodes[0]);
      await advance(10_000);
      const lost = takenOf(await take(nodes[0]));
      await advance(29_000);
      expect(await readExclusion(nodes[1])).toMatchObject({ reason: 'probing' });
      await advance(1_000);
      expect(await take(nodes[1])).toMatchObject({ taken: true, isProbe: true });
      nodes[0].reportAccount(failure, lost.lease.id);
      expect(await readExclusion(nodes[0])).toMatchObject({ reason: 'probing' });
      nodes[0].reportAccount(success, lost.lease.id);
      expect(await take(nodes[0])).toMatchObject({ taken: true, isProbe: false });
    });

    it('[ACC-3] a probe that ends undecided makes room for the next at once, with the same back-off', async () => {
      const { nodes, advance } = harness();
      await openBreaker(nodes[0]);
      await advance(10_000);
      const failed = takenOf(await take(nodes[0]));
      nodes[0].reportAccount(failure, failed.lease.id);
      await flushAccounts(nodes[0]);
      await advance(20_000);
      const left = takenOf(await take(nodes[0]));
      nodes[0].reportAccount(undecided, left.lease.id);
      await flushAccounts(nodes[0]);
      expect(await nodes[1].listAccountStates([X])).toMatchObject([
        { kind: 'breaker-open', reason: '502', backoffStep: 1, isProbing: false },
      ]);
      const next = takenOf(await take(nodes[1]));
      expect(next.isProbe).toBe(true);
      nodes[1].reportAccount(failure, next.lease.id);
      const exclusion = await readExclusion(nodes[1]);
      expect(exclusion).toMatchObject({ reason: 'breaker-open' });
      // The third step of the back-off, as if the probe that was given back had never gone.
      expect(Math.ceil((exclusion?.retryAfterMs ?? 0) / 1_000)).toBe(40);
    });

    it('[ACC-3] of the places that are given back at once one request takes one, over all nodes', async () => {
      const { nodes, advance } = harness();
      await openBreaker(nodes[0]);
      await advance(10_000);
      const probe = takenOf(await take(nodes[0]));
      for (let time = 0; time < 3; time += 1) nodes[0].reportAccount(undecided, probe.lease.id);
      await flushAccounts(nodes[0]);
      const takes = await Promise.all(nodes.map((node) => take(node)));
      expect(takes.filter((result) => result.taken)).toMatchObject([{ isProbe: true }]);
      // Said again, and late: the place is another's.
      nodes[0].reportAccount(undecided, probe.lease.id);
      expect(await readExclusion(nodes[0])).toMatchObject({ reason: 'probing' });
    });

    it('[ACC-3] undecided is nobody’s word but the probe’s: states and clean accounts stay as they are', async () => {
      const { nodes, advance } = harness();
      const [node, other] = nodes;
      const usual = takenOf(await take(node));
      const say = async () => {
        for (const upstreamModel of [null, 'm']) {
          node.reportAccount({ ...undecided, upstreamModel });
          node.reportAccount({ ...undecided, upstreamModel }, usual.lease.id);
        }
        await flushAccounts(node);
      };
      await say();
      expect(await other.listAccountStates([X])).toEqual([]);
      for (const state of ['rate-limited', 'error'] as const) {
        node.reportAccount(block(state, 60_000));
        const before = await node.listAccountStates([X]);
        await say();
        expect(await other.listAccountStates([X])).toEqual(before);
      }
      await advance(60_000);
      takenOf(await take(other));
      await say();
      expect(await readExclusion(node)).toMatchObject({ reason: 'probing' });
    });

    it('[ACC-3] undecided after a probe’s verdict changes nothing', async () => {
      const { nodes, advance } = harness();
      const [node, other] = nodes;
      for (const verdict of [
        failure,
        strike,
        block('overloaded', 600_000),
        block('error', 600_000),
        success,
      ]) {
        await node.clearAccountState(X);
        node.reportAccount(block('error', 1_000));
        await flushAccounts(node);
        await advance(1_000);
        const probe = takenOf(await take(node));
        node.reportAccount(verdict, probe.lease.id);
        const before = await node.listAccountStates([X]);
        node.reportAccount({ ...undecided, upstreamModel: 'm' }, probe.lease.id);
        await flushAccounts(node);
        expect(await other.listAccountStates([X])).toEqual(before);
      }
    });

    it('[ACC-3] an undecided probe gives back the places of the account and of its model', async () => {
      const { nodes, advance } = harness();
      const [node] = nodes;
      node.reportAccount(block('error', 5_000));
      node.reportAccount(block('error', 5_000, 'm'));
      await flushAccounts(node);
      await advance(5_000);
      const probe = takenOf(await take(node));
      expect(await node.listAccountStates([X])).toMatchObject([{ isProbing: true }, { isProbing: true }]);
      // What is known of the model alone leaves the account undecided.
      node.reportAccount(block('rate-limited', 60_000, 'm'), probe.lease.id);
      node.reportAccount({ ...undecided, upstreamModel: 'm' }, probe.lease.id);
      await flushAccounts(node);
      const states = await node.listAccountStates([X]);
      expect(states.toSorted((a, b) => a.kind.localeCompare(b.kind))).toMatchObject([
        { kind: 'error', upstreamModel: null, isProbing: false },
        { kind: 'rate-limited', upstreamModel: 'm', isProbing: false },
      ]);
    });

    it('[ACC-3] a probe of a model with a name without end gives its place back too', async () => {
      const { nodes, advance } = harness();
      const upstreamModel = 'm'.repeat(100_000);
      const of = (store: Store) => store.takeAccount(askAccounts([candidate('x', 0, { upstreamModel })]));
      nodes[0].reportAccount(block('error', 1_000, upstreamModel));
      await flushAccounts(nodes[0]);
      await advance(1_000);
      const probe = takenOf(await of(nodes[0]));
      nodes[0].reportAccount({ ...undecided, upstreamModel }, probe.lease.id);
      await flushAccounts(nodes[0]);
      expect(takenOf(await of(nodes[1])).isProbe).toBe(true);
    });

    it('[ACC-3] one strike changes nothing; the second within an hour is an error with a back-off of a minute', async () => {
      const { nodes, advance } = harness();
      const [node] = nodes;
      node.reportAccount(strike);
      expect(await readExclusion(node)).toBeNull();
      await advance(3_599_000);
      nodes[1].reportAccount(strike);
      const exclusion = await readExclusion(nodes[1]);
      expect(exclusion).toMatchObject({ reason: 'error' });
      expect(exclusion?.retryAfterMs).toBeGreaterThan(55_000);
      await advance(60_000);
      const probe = takenOf(await take(node));
      node.reportAccount(strike, probe.lease.id);
      const again = await readExclusion(node);
      expect(again).toMatchObject({ reason: 'error' });
      expect(again?.retryAfterMs).toBeGreaterThan(115_000);
    });

    it('[ACC-3] strikes more than an hour apart are two first ones', async () => {
      const { nodes, advance } = harness();
      for (let time = 0; time < 3; time += 1) {
        nodes[0].reportAccount(strike);
        expect(await readExclusion(nodes[0])).toBeNull();
        await advance(3_600_000);
      }
    });

    it('[ACC-3] a success with a model proves the account, and its model', async () => {
      const { nodes, advance } = harness();
      const [node] = nodes;
      await openBreaker(node);
      node.reportAccount(block('error', 5_000, 'm'));
      await flushAccounts(node);
      await advance(10_000);
      const probe = takenOf(await take(node));
      expect(probe.isProbe).toBe(true);
      node.reportAccount({ ...success, upstreamModel: 'm' }, probe.lease.id);
      expect(await node.listAccountStates([X])).toEqual([]);
    });

    it('[ACC-4] the admin clears state, strikes and breaker of the account and all its models', async () => {
      const { nodes } = harness();
      const [node, other] = nodes;
      node.reportAccount(strike);
      for (let time = 0; time < 4; time += 1) node.reportAccount(failure);
      node.reportAccount(block('paused', 60_000, 'a'));
      node.reportAccount(block('error', 60_000));
      await node.clearAccountState(X);
      expect(await other.listAccountStates([X])).toEqual([]);
      node.reportAccount(strike);
      node.reportAccount(failure);
      expect(await readExclusion(node)).toBeNull();
    });

    it.each([
      ['that is no number', Number.NaN],
      ['below 0', -1],
      ['of years', 1e12],
      ['with a fraction', 0.5],
    ])('refuses a block with a length %s', (_, untilMs) => {
      const [node] = harness().nodes;
      expect(() => node.reportAccount(block('paused', untilMs))).toThrow(RangeError);
    });

    it('names of models without end are cut, not refused', async () => {
      const [node] = harness().nodes;
      const upstreamModel = 'm'.repeat(100_000);
      node.reportAccount(block('paused', 60_000, upstreamModel));
      const result = await node.takeAccount(askAccounts([candidate('x', 0, { upstreamModel })]));
      expect(result).toMatchObject({ taken: false, exclusions: [{ reason: 'paused' }] });
      expect((await node.listAccountStates([X]))[0]?.upstreamModel).toHaveLength(200);
    });
  });
}

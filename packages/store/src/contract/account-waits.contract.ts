import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountReport } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import type { AccountCandidate, TakeAccountRequest, TakeAccountResult } from '../account-port.ts';
import type { Lease, Store, Ticket } from '../port.ts';
import { LEASE_TTL_MS } from '../port.ts';
import {
  accountHolder,
  accountId,
  askAccounts,
  candidate,
  takenOf,
  userId,
  flushAccounts,
  type Harness,
} from './harness.ts';

const WAIT = { stickyMax: 3, stickyTimeoutMs: 45_000, max: 100, timeoutMs: 30_000 };
const X = accountId('x');

const ask = (candidates: AccountCandidate[], changes: Partial<TakeAccountRequest> = {}) =>
  askAccounts(candidates, { wait: WAIT, ...changes });
const askOf = (user: string, weight = 1) => ask([candidate('x')], { userId: userId(user), weight });

function queuedOf(result: TakeAccountResult): Extract<TakeAccountResult, { reason: 'queued' }> {
  if (result.taken || result.reason !== 'queued')
    throw new Error(`it does not wait: ${JSON.stringify(result)}`);
  return result;
}

const queueUp = async (store: Store, request: TakeAccountRequest): Promise<Ticket> =>
  queuedOf(await store.takeAccount(request)).ticket;

async function grantOf(ticket: Ticket): Promise<Lease> {
  const outcome = await ticket.outcome;
  if (outcome.kind !== 'granted' || !outcome.leases[0]) throw new Error(outcome.kind);
  return outcome.leases[0];
}

async function peek(ticket: Ticket, store: Store): Promise<string> {
  await flushAccounts(store);
  return Promise.race([ticket.outcome.then(({ kind }) => kind), sleep(20, 'waiting')]);
}

const paused: AccountReport = {
  accountId: X,
  upstreamModel: null,
  kind: 'block',
  state: 'paused',
  untilMs: 60_000,
  reason: 'r',
};

export function describeAccountWaits(harness: () => Harness): void {
  describe('waiting for an account', () => {
    it('[SEL-3] [LIM-5] a freed slot goes to the first who waits, on whichever node', async () => {
      const [one, two, three] = harness().nodes;
      let { lease } = takenOf(await one.takeAccount(askOf('a')));
      const tickets = [];
      for (const node of [two, three, one]) tickets.push(await queueUp(node, askOf('a')));
      for (const ticket of tickets) {
        expect(ticket.accountId).toBe(X);
        one.release([lease]);
        lease = await grantOf(ticket);
        expect(lease).toEqual({ id: ticket.id, holder: accountHolder('x') });
        expect(await one.countSlots(accountHolder('x'))).toBe(1);
      }
    });

    it('[SEL-3] who waits goes before who comes, also when a lease died', async () => {
      const { nodes, advance } = harness();
      const [one, two] = nodes;
      takenOf(await one.takeAccount(askOf('a')));
      const ticket = await queueUp(two, askOf('a'));
      await advance(LEASE_TTL_MS);
      const newcomer = await one.takeAccount(askOf('b'));
      await grantOf(ticket);
      expect(newcomer).toMatchObject({ taken: false, reason: 'queued' });
    });

    it('[SEL-3] [LIM-5] two users that wait share an account by their weights', async () => {
      const [one, two] = harness().nodes;
      let { lease } = takenOf(await one.takeAccount(askOf('other')));
      const waiting = new Map<Ticket, string>();
      for (let count = 0; count < 9; count += 1) waiting.set(await queueUp(one, askOf('heavy', 1)), 'h');
      for (let count = 0; count < 6; count += 1) waiting.set(await queueUp(two, askOf('vip', 2)), 'v');
      let order = '';
      while (waiting.size > 0) {
        one.release([lease]);
        const granted = await Promise.race(
          [...waiting.keys()].map(async (ticket) => ({ ticket, lease: await grantOf(ticket) })),
        );
        ({ lease } = granted);
        order += waiting.get(granted.ticket);
        waiting.delete(granted.ticket);
      }
      expect(order.slice(0, 9).replaceAll('h', '')).toHaveLength(6);
      expect(order.slice(0, 3)).toContain('h');
      expect(order).toMatch(/h{6}$/);
    });

    it('[SEL-3] the sticky account is waited for while few wait; then another is taken', async () => {
      const [one, two] = harness().nodes;
      const sticky = { name: 's', ttlMs: 60_000 };
      takenOf(await one.takeAccount(ask([candidate('x')], { sticky })));
      const request = ask([candidate('x'), candidate('y', 5)], { sticky, wait: { ...WAIT, stickyMax: 2 } });
      for (const node of [one, two]) {
        expect(queuedOf(await node.takeAccount(request))).toMatchObject({
          accountId: X,
          isSticky: true,
          exclusions: [],
        });
      }
      expect(await two.takeAccount(request)).toMatchObject({
        taken: true,
        accountId: accountId('y'),
        isSticky: false,
        exclusions: [{ accountId: X, reason: 'full' }],
      });
      expect(takenOf(await one.takeAccount(request)).isSticky).toBe(true);
    });

    it('[SEL-3] waits for the best: lowest priority number, then fewest at it for its size', async () => {
      const [one] = harness().nodes;
      const accounts = [candidate('late', 1, { priority: 90 }), candidate('x'), candidate('big', 2)];
      for (let slot = 0; slot < 4; slot += 1) takenOf(await one.takeAccount(askAccounts(accounts)));
      const places = [];
      for (let count = 0; count < 6; count += 1)
        places.push(queuedOf(await one.takeAccount(ask(accounts))).accountId);
      expect(places.filter((id) => id === accountId('big'))).toHaveLength(4);
      expect(places.filter((id) => id === X)).toHaveLength(2);
    });

    it('[SEL-3] full queues send on to the next priority, and then say so', async () => {
      const [one] = harness().nodes;
      const accounts = [candidate('x'), candidate('y', 1, { priority: 90 })];
      for (let slot = 0; slot < 2; slot += 1) takenOf(await one.takeAccount(askAccounts(accounts)));
      const request = ask(accounts, { wait: { ...WAIT, max: 1 } });
      expect(queuedOf(await one.takeAccount(request))).toMatchObject({
        accountId: X,
        exclusions: [{ accountId: accountId('y'), reason: 'full' }],
      });
      expect(queuedOf(await one.takeAccount(request))).toMatchObject({
        accountId: accountId('y'),
        exclusions: [{ accountId: X, reason: 'queue-full' }],
      });
      expect(await one.takeAccount(request)).toEqual({
        taken: false,
        reason: 'none',
        exclusions: [
          { accountId: X, reason: 'queue-full', retryAfterMs: null },
          { accountId: accountId('y'), reason: 'queue-full', retryAfterMs: null },
        ],
      });
    });

    it('[SEL-3] an account that is kept out loses those who wait for it at once, also on other nodes', async () => {
      const [one, two, three] = harness().nodes;
      takenOf(await one.takeAccount(askOf('a')));
      const tickets = [];
      for (const node of [one, two, three]) tickets.push(await queueUp(node, askOf('a')));
      one.reportAccount(paused);
      const outcomes = await Promise.all(tickets.map(({ outcome }) => outcome));
      expect(outcomes).toEqual([{ kind: 'lost' }, { kind: 'lost' }, { kind: 'lost' }]);
      expect(await one.countSlots(accountHolder('x'))).toBe(1);
      expect(await two.takeAccount(askOf('a'))).toMatchObject({
        reason: 'none',
        exclusions: [{ reason: 'paused' }],
      });
    });

    it('[SEL-3] a state of one model loses only those who ask for it', async () => {
      const [one, two] = harness().nodes;
      const { lease } = takenOf(await one.takeAccount(askOf('a')));
      const opus = await queueUp(two, ask([candidate('x', 1, { upstreamModel: 'opus' })]));
      const haiku = await queueUp(two, ask([candidate('x', 1, { upstreamModel: 'haiku' })]));
      one.reportAccount({ ...paused, upstreamModel: 'opus' });
      expect((await opus.outcome).kind).toBe('lost');
      expect(await peek(haiku, two)).toBe('waiting');
      one.release([lease]);
      await grantOf(haiku);
    });

    it('[SEL-3] nobody waits for an account that is due for a probe', async () => {
      const { nodes, advance } = harness();
      const [one] = nodes;
      takenOf(await one.takeAccount(askAccounts([candidate('x')])));
      one.reportAccount({ ...paused, kind: 'block', state: 'error', untilMs: 1_000, reason: 'r' });
      await flushAccounts(one);
      await advance(1_000);
      expect(await one.takeAccount(askOf('a'))).toMatchObject({
        reason: 'none',
        exclusions: [{ reason: 'queue-full' }],
      });
    });

    it('[SEL-3] a place has a time limit of its own, longer for the sticky account', async () => {
      const [one] = harness().nodes;
      const sticky = { name: 's', ttlMs: 60_000 };
      takenOf(await one.takeAccount(ask([candidate('x')], { sticky })));
      const wait = { ...WAIT, timeoutMs: 10, stickyTimeoutMs: 60_000 };
      const bound = await queueUp(one, ask([candidate('x')], { sticky, wait }));
      const stranger = await queueUp(one, ask([candidate('x')], { wait }));
      expect((await stranger.outcome).kind).toBe('timeout');
      expect(await peek(bound, one)).toBe('waiting');
    });

    it('[SEL-3] [REQ-7] who leaves frees the place at once, and gives back what was granted', async () => {
      const [one, two] = harness().nodes;
      const { lease } = takenOf(await one.takeAccount(askOf('a')));
      const [left, next] = [await queueUp(two, askOf('a')), await queueUp(two, askOf('a'))];
      left.cancel();
      await flushAccounts(two);
      one.release([lease]);
      await grantOf(next);
      const last = await queueUp(one, askOf('a'));
      next.cancel();
      await grantOf(last);
      expect(await one.countSlots(accountHolder('x'))).toBe(1);
    });

    it('[LIM-7] [SEL-4] who waits is bound to the account, and its session is counted, from then on', async () => {
      const [one] = harness().nodes;
      takenOf(await one.takeAccount(askOf('a')));
      const account = candidate('x', 1, { sessionsMax: 1, sessionIdleMs: 60_000 });
      const request = ask([account], { session: 's', sticky: { name: 's', ttlMs: 60_000 } });
      const { registeredSession, ticket } = queuedOf(await one.takeAccount(request));
      expect(registeredSession).toMatchObject({ accountId: X, session: 's' });
      expect((await one.listStickyBindings({ cursor: null, limit: 9 })).bindings).toMatchObject([
        { accountId: X },
      ]);
      ticket.cancel();
      if (registeredSession) one.releaseSession(registeredSession);
      await flushAccounts(one);
      expect(await one.countSessions([X])).toEqual([0]);
    });

    it('refuses garbage as a fault', async () => {
      const [one] = harness().nodes;
      const bad = (changes: Partial<typeof WAIT>) =>
        one.takeAccount(ask([candidate('x')], { wait: { ...WAIT, ...changes } }));
      await expect(bad({ max: -1 })).rejects.toThrow(RangeError);
      await expect(bad({ stickyMax: Number.NaN })).rejects.toThrow(RangeError);
      await expect(bad({ timeoutMs: 0 })).rejects.toThrow(RangeError);
      await expect(bad({ stickyTimeoutMs: 2 ** 31 })).rejects.toThrow(RangeError);
      for (const weight of [0, 101, 1.5])
        await expect(one.takeAccount(askOf('a', weight))).rejects.toThrow(RangeError);
      const twice = [candidate('x'), candidate('x', 2)];
      await expect(one.takeAccount(askAccounts(twice))).rejects.toThrow(RangeError);
      const noMax = [candidate('x', Number.NaN)];
      await expect(one.takeAccount(askAccounts(noMax))).rejects.toThrow(RangeError);
    });
  });
}

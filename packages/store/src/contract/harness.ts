import { picoUsd } from '@tollgate/core';
import type {
  AccountId,
  GroupId,
  KeyId,
  KeyWindow,
  SubscriptionId,
  SubscriptionWindow,
  UserId,
} from '@tollgate/core';
import type { AccountCandidate, TakeAccountRequest, TakeAccountResult } from '../account-port.ts';
import type { Hold, MoneyRequest, PurseName, PurseState } from '../money-port.ts';
import type { AdmitRequest, AdmitResult, Lease, QueueRequest, SlotHolder, Store, Ticket } from '../port.ts';
import type { WindowLimit, WindowSubject } from '../port.ts';
import { RunningHold } from '../running-hold.ts';

/** What the contract suite needs of a store under test. */
export interface Harness {
  /** Virtual nodes that share one state; in process they are all the same store. */
  nodes: [Store, Store, Store];
  /** Moves the store's clock: leases, windows and TTLs age by this much. */
  advance(ms: number): Promise<void>;
  /** The store's clock, ms since 1970; in Redis it does not show what was advanced. */
  clock(): Promise<number>;
  /** Kills a node: its connections are cut and its tickets are not renewed. Absent = there is only one process. */
  kill?(node: 1 | 2): Promise<void>;
  close(): Promise<void>;
}

/** `renewMs`: how often nodes ask about their tickets; without it never, so that all they hear was sent to them. */
export type StartHarness = (renewMs?: number) => Promise<Harness>;

/** Long enough that nothing comes by real time in a test, and that aging leases ends no window. */
export const TEST_TIMINGS = {
  windowMs: 1.2e12,
  heartbeatMs: 3_600_000,
  ticketRenewMs: 3_600_000,
  ticketTtlMs: 3_600_000,
  collectMs: 5,
  holderMs: 0,
  checkMs: 3_600_000,
};

export const userId = (name: string) => `usr_${name}` as UserId;
export const keyId = (name: string) => `key_${name}` as KeyId;
export const groupId = (name: string) => `grp_${name}` as GroupId;
export const accountId = (name: string) => `acc_${name}` as AccountId;

export const userHolder = (name: string): SlotHolder => ({ kind: 'user', userId: userId(name) });
export const keyHolder = (user: string, key: string): SlotHolder => ({
  kind: 'key',
  userId: userId(user),
  keyId: keyId(key),
});
export const accountHolder = (name: string): SlotHolder => ({ kind: 'account', accountId: accountId(name) });

/** An account without limits of sessions and cost. */
export function candidate(name: string, max = 1, changes: Partial<AccountCandidate> = {}): AccountCandidate {
  return {
    accountId: accountId(name),
    max,
    priority: 50,
    upstreamModel: 'm',
    sessionsMax: 0,
    sessionIdleMs: 0,
    windowCost: null,
    ...changes,
  };
}

/** A request without a session. */
export function askAccounts(
  candidates: readonly AccountCandidate[],
  changes: Partial<TakeAccountRequest> = {},
): TakeAccountRequest {
  return { candidates, userId: userId('a'), weight: 1, sticky: null, session: null, wait: null, ...changes };
}

/** A request that asks for these parts alone, of the user that they name. */
export function ask(parts: Partial<AdmitRequest>): AdmitRequest {
  const holder = parts.slots?.[0]?.holder;
  const named = parts.windows?.[0]?.subject ?? (holder?.kind === 'account' ? undefined : holder);
  return {
    userId: parts.money?.purses[0]?.purse.userId ?? named?.userId ?? userId('a'),
    windows: [],
    money: null,
    checksTokenQuota: false,
    slots: [],
    queue: null,
    ...parts,
  };
}

/** A fixed window of requests. */
export function requests(subject: WindowSubject, limit: number): WindowLimit {
  return { subject, unit: 'requests', shape: 'fixed', limit, cost: 1 };
}

/** What the node has said about accounts until now has reached the store. */
export async function flushAccounts(store: Store): Promise<void> {
  await store.countSlots(accountHolder('x'));
}

/** A take that gave an account; throws when it did not. */
export function takenOf(result: TakeAccountResult): Extract<TakeAccountResult, { taken: true }> {
  if (!result.taken) throw new Error(`not taken: ${JSON.stringify(result)}`);
  return result;
}

/** A request for one slot of a user. */
export function askSlot(name: string, max: number, queue: QueueRequest | null = null): AdmitRequest {
  return ask({ slots: [{ holder: userHolder(name), max }], queue });
}

/** A request that only counts against a user's RPM. */
export function askRpm(name: string, limit: number): AdmitRequest {
  return ask({ windows: [requests({ kind: 'user', userId: userId(name) }, limit)] });
}

export const balance = (name: string): PurseName => ({ kind: 'balance', userId: userId(name) });
export const keyPurse = (user: string, key: string, window: KeyWindow): PurseName => ({
  kind: 'key',
  userId: userId(user),
  keyId: keyId(key),
  window,
});
export const subscriptionPurse = (user: string, name: string, window: SubscriptionWindow): PurseName => ({
  kind: 'subscription',
  userId: userId(user),
  subscriptionId: `sub_${name}` as SubscriptionId,
  window,
});

/** Holds so much of each purse; a limit beside each that is no balance. */
export function money(hold: bigint, purses: readonly (PurseName | [PurseName, bigint])[]): MoneyRequest {
  return {
    hold: picoUsd(hold),
    purses: purses.map((purse) =>
      Array.isArray(purse) ? { purse: purse[0], limit: picoUsd(purse[1]) } : { purse, limit: null },
    ),
    note: null,
  };
}

/** A request that holds so much of a user's balance, by itself 0: that only looks. */
export function askBalance(name: string, hold = 0n): AdmitRequest {
  return ask({ money: money(hold, [balance(name)]) });
}

/** The hold of an admission; throws when there is none. */
export function holdOf(result: AdmitResult): Hold {
  if (!result.admitted || !result.hold)
    throw new Error(`nothing is held: ${JSON.stringify(result.admitted || result.reason)}`);
  return result.hold;
}

/** A user's balance is what it is given, on whatever node. */
export async function seedBalance(
  store: Store,
  name: string,
  amount: bigint,
  ttlMs = 300_000,
): Promise<void> {
  const seeds = [{ purse: balance(name), amount: picoUsd(amount), startMs: null }];
  await store.seedPurses(userId(name), seeds, ttlMs, await askSeedToken(store, name));
}

/** What there is of a user's balance, held or not; null = not known. */
export async function readBalance(store: Store, name: string): Promise<bigint | null> {
  return (await readPurse(store, balance(name)))?.amount ?? null;
}

export async function readPurse(store: Store, purse: PurseName): Promise<PurseState | null> {
  const [state] = await store.readPurses([purse]);
  return state ?? null;
}

/** The cost of a request that held nothing. */
export async function spend(store: Store, name: string, cost: bigint): Promise<void> {
  store.settleHold(buildEmptyHold(name), picoUsd(cost));
  await store.countSlots(userHolder(name));
}

/** A hold of nothing from a balance, which no store knows of. */
export function buildEmptyHold(name: string): Hold {
  const id = `lse_${Math.random()}` as Hold['id'];
  const purses = [balance(name)];
  return new RunningHold({ id, userId: userId(name), amount: picoUsd(0n), purses, keptBy: 'nothing' });
}

/** The leases of an admission; throws when it was refused. */
export function leasesOf(result: AdmitResult): Lease[] {
  if (!result.admitted) throw new Error(`refused: ${result.reason}`);
  return result.leases;
}

/** The ticket of a request that waits; throws when it does not. */
export async function queueUp(store: Store, request: AdmitRequest): Promise<Ticket> {
  const result = await store.admit(request);
  if (result.admitted || result.reason !== 'queued') throw new Error('it does not wait');
  return result.ticket;
}

/** The seed token of a `purses-unknown` answer; throws on any other. */
export async function askSeedToken(store: Store, name: string): Promise<string> {
  const result = await store.admit(askBalance(name));
  if (result.admitted || result.reason !== 'purses-unknown') throw new Error('a balance is known');
  return result.seedToken;
}

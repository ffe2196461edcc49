import type { AccountCandidate } from '../account-port.ts';
import type { AdmitRequest, SlotHolder, SlotRequest } from '../port.ts';
import { LEASE_TTL_MS, SEED_TOKEN_TTL_MS } from '../port.ts';
import { ReferenceWindows, type ModelCount } from './reference-windows.ts';

export type Verdict =
  | 'admitted'
  | 'window'
  | 'balance'
  | 'balance-unknown'
  | 'slots'
  | 'queue-full'
  | 'queued';

export interface ModelLease {
  holder: string;
  expiresAtMs: number;
}

export interface ModelTicket {
  user: string;
  node: number;
  slots: readonly SlotRequest[];
  counted: readonly ModelCount[];
  /** null = it waits. */
  leases: ModelLease[] | null;
}

export interface ModelAnswer {
  verdict: Verdict;
  leases: ModelLease[];
  counted: ModelCount[];
  ticket: ModelTicket | null;
}

/** The store as a child would write it: lists, loops, one clock. What it says is right by definition. */
export class ReferenceModel {
  nowMs = 0;
  leases: ModelLease[] = [];
  readonly windows = new ReferenceWindows();
  balances = new Map<string, { figure: bigint; expiresAtMs: number }>();
  tokens = new Map<string, number>();
  order: string[] = [];
  /** Everybody who waits, in order. */
  waiting: ModelTicket[] = [];
  readonly dead = new Set<number>();
  #maxes = new Map<string, number>();

  advance(ms: number): void {
    this.nowMs += ms;
    this.windows.advance(ms);
    this.#grantAll();
  }

  countLive(holder: SlotHolder): number {
    return this.leases.filter((lease) => lease.holder === nameOf(holder) && lease.expiresAtMs > this.nowMs)
      .length;
  }

  countWaiting(user: string): number {
    return this.waiting.filter((ticket) => ticket.user === user).length;
  }

  balance(user: string): bigint | null {
    const known = this.balances.get(user);
    return known && known.expiresAtMs > this.nowMs ? known.figure : null;
  }

  admit({ userId, windows, balanceOf, slots, queue }: AdmitRequest, node: number): ModelAnswer {
    if (windows.some((window) => this.windows.remaining(window) < window.cost)) return refuse('window');
    if (balanceOf !== null) {
      const unpaid = this.#checkBalance(balanceOf);
      if (unpaid) return refuse(unpaid);
    }
    this.#noteMaxes(userId, slots);
    if (this.#canGo(slots)) {
      const leases = slots.map(({ holder }) => this.#addLease(holder));
      return { verdict: 'admitted', leases, counted: this.windows.count(windows), ticket: null };
    }
    if (!queue) return refuse('slots');
    if (this.countWaiting(userId) >= queue.max) return refuse('queue-full');
    const counted = this.windows.count(windows);
    const ticket = { user: userId, node, slots, counted, leases: null };
    this.waiting.push(ticket);
    for (const { holder, max } of slots) this.#maxes.set(nameOf(holder), max);
    return { verdict: 'queued', leases: [], counted, ticket };
  }

  cancel(ticket: ModelTicket): void {
    const wasThere =
      this.waiting.includes(ticket) || ticket.leases?.some((lease) => this.leases.includes(lease));
    this.waiting = this.waiting.filter((other) => other !== ticket);
    this.leases = this.leases.filter((lease) => !ticket.leases?.includes(lease));
    if (wasThere) this.windows.correct(ticket.counted, 0);
    this.#grantAll();
  }

  /** The node is gone: nobody waits on it any more; what it held stays until it dies. */
  kill(node: number): void {
    this.dead.add(node);
    this.waiting = this.waiting.filter((ticket) => ticket.node !== node);
    this.#grantAll();
  }

  take(candidates: AccountCandidate[]): ModelLease | null {
    const rank = ({ accountId }: AccountCandidate) => this.order.lastIndexOf(accountId);
    const free = candidates.filter(
      ({ accountId, max }) => max <= 0 || this.countLive({ kind: 'account', accountId }) < max,
    );
    const load = ({ accountId, max }: AccountCandidate) =>
      max <= 0 ? 0 : this.countLive({ kind: 'account', accountId }) / max;
    const [best] = free.toSorted((a, b) => a.priority - b.priority || load(a) - load(b) || rank(a) - rank(b));
    if (!best) return null;
    this.order.push(best.accountId);
    return this.#addLease({ kind: 'account', accountId: best.accountId });
  }

  seed(user: string, figure: bigint, ttlMs: number): void {
    if ((this.tokens.get(user) ?? 0) <= this.nowMs) return;
    this.tokens.delete(user);
    this.balances.set(user, { figure, expiresAtMs: this.nowMs + ttlMs });
  }

  debit(user: string, amount: bigint): void {
    const known = this.balances.get(user);
    if (known) known.figure -= amount;
  }

  dropBalance(user: string): void {
    this.balances.delete(user);
    this.tokens.delete(user);
  }

  release(lease: ModelLease): void {
    this.leases = this.leases.filter((other) => other !== lease);
    this.#grantAll();
  }

  #checkBalance(payer: string): Verdict | null {
    const figure = this.balance(payer);
    if (figure !== null) return figure <= 0n ? 'balance' : null;
    if ((this.tokens.get(payer) ?? 0) <= this.nowMs) this.tokens.set(payer, this.nowMs + SEED_TOKEN_TTL_MS);
    return 'balance-unknown';
  }

  /** The newest maxima count for those who wait, who go first. */
  #noteMaxes(user: string, slots: readonly SlotRequest[]): void {
    if (slots.length === 0 || this.countWaiting(user) === 0) return;
    for (const { holder, max } of slots) this.#maxes.set(nameOf(holder), max);
    this.#grantAll();
  }

  #canGo(slots: readonly SlotRequest[]): boolean {
    return slots.every(({ holder, max }) => max <= 0 || this.countLive(holder) < max);
  }

  /** In order, whoever has all slots free; until nobody has. */
  #grantAll(): void {
    const next = this.waiting.find(({ slots }) =>
      this.#canGo(slots.map(({ holder, max }) => ({ holder, max: this.#maxes.get(nameOf(holder)) ?? max }))),
    );
    if (!next) return;
    this.waiting = this.waiting.filter((other) => other !== next);
    next.leases = next.slots.map(({ holder }) => this.#addLease(holder));
    this.#grantAll();
  }

  #addLease(holder: SlotHolder): ModelLease {
    const lease = { holder: nameOf(holder), expiresAtMs: this.nowMs + LEASE_TTL_MS };
    this.leases.push(lease);
    return lease;
  }
}

function refuse(verdict: Verdict): ModelAnswer {
  return { verdict, leases: [], counted: [], ticket: null };
}

function nameOf(thing: object): string {
  return JSON.stringify(thing);
}

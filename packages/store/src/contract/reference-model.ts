import type { AccountCandidate } from '../account-port.ts';
import type { AdmitRequest, SlotHolder, SlotRequest } from '../port.ts';
import { LEASE_TTL_MS } from '../port.ts';
import type { MoneyRequest } from '../money-port.ts';
import { ReferenceMoney, type ModelHold, type ModelToken } from './reference-money.ts';
import { ReferenceWindows, type ModelCount } from './reference-windows.ts';

export type Verdict = 'admitted' | 'window' | 'money' | 'purses-unknown' | 'slots' | 'queue-full' | 'queued';

export interface ModelLease {
  holder: string;
  expiresAtMs: number;
}

export interface ModelTicket {
  user: string;
  node: number;
  slots: readonly SlotRequest[];
  money: MoneyRequest | null;
  counted: readonly ModelCount[];
  state: 'waits' | 'granted' | 'refused';
  /** Of the grant. */
  leases: ModelLease[];
  hold: ModelHold | null;
}

export interface ModelAnswer {
  verdict: Verdict;
  leases: ModelLease[];
  hold: ModelHold | null;
  counted: ModelCount[];
  ticket: ModelTicket | null;
  /** The one that the answer gives. */
  token: ModelToken | null;
}

/** The store as a child would write it: lists, loops, one clock. What it says is right by definition. */
export class ReferenceModel {
  nowMs = 0;
  leases: ModelLease[] = [];
  readonly windows = new ReferenceWindows();
  readonly money = new ReferenceMoney(
    (lease) => this.leases.includes(lease as ModelLease) && (lease as ModelLease).expiresAtMs > this.nowMs,
  );
  order: string[] = [];
  /** Everybody who waits, in order. */
  waiting: ModelTicket[] = [];
  readonly dead = new Set<number>();
  #maxes = new Map<string, number>();

  advance(ms: number): void {
    this.nowMs += ms;
    this.windows.advance(ms);
    this.money.advance(ms);
    this.grantAll();
  }

  countLive(holder: SlotHolder): number {
    return this.leases.filter((lease) => lease.holder === nameOf(holder) && lease.expiresAtMs > this.nowMs)
      .length;
  }

  countWaiting(user: string): number {
    return this.waiting.filter((ticket) => ticket.user === user).length;
  }

  admit(request: AdmitRequest, node: number): ModelAnswer {
    const { userId, windows, money, slots, queue } = request;
    if (windows.some((window) => this.windows.remaining(window) < window.cost)) return refuse('window');
    const looked = money && this.money.look(money);
    if (money && looked === 'unknown') {
      const token = this.money.askToken(
        userId,
        money.purses.map(({ purse }) => purse),
      );
      return { ...refuse('purses-unknown'), token };
    }
    if (looked === 'refused') return refuse('money');
    const closed = this.#noteMaxes(userId, slots);
    const isHeld = money !== null && this.money.look(money, closed) === 'held';
    if (isHeld && (!queue || slots.length === 0)) return refuse('money');
    if (!isHeld && this.#canGo(slots)) {
      const leases = slots.map(({ holder }) => this.#addLease(holder));
      const hold = money && this.money.hold(userId, money, this.#leaseOfHold(slots, leases));
      return { ...refuse('admitted'), leases, hold, counted: this.windows.count(windows) };
    }
    if (!queue) return refuse('slots');
    if (this.countWaiting(userId) >= queue.max) return refuse('queue-full');
    const counted = this.windows.count(windows);
    const ticket: ModelTicket = {
      user: userId,
      node,
      slots,
      money,
      counted,
      state: 'waits',
      leases: [],
      hold: null,
    };
    this.waiting.push(ticket);
    for (const { holder, max } of slots) this.#maxes.set(nameOf(holder), max);
    return { ...refuse('queued'), counted, ticket };
  }

  /** The true cost of a hold; the first time counts. */
  settle(hold: ModelHold, cost: bigint): void {
    this.money.settle(hold, cost);
    this.grantAll();
  }

  cancel(ticket: ModelTicket): void {
    const wasThere =
      this.waiting.includes(ticket) || ticket.leases.some((lease) => this.leases.includes(lease));
    if (ticket.hold && this.money.isLive(ticket.hold)) ticket.hold.isOver = true;
    this.waiting = this.waiting.filter((other) => other !== ticket);
    this.leases = this.leases.filter((lease) => !ticket.leases.includes(lease));
    if (wasThere) this.windows.correct(ticket.counted, 0);
    this.grantAll();
  }

  /** The node is gone: nobody waits on it any more; what it held stays until it dies. */
  kill(node: number): void {
    this.dead.add(node);
    this.waiting = this.waiting.filter((ticket) => ticket.node !== node);
    this.grantAll();
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

  release(lease: ModelLease): void {
    this.leases = this.leases.filter((other) => other !== lease);
    this.grantAll();
  }

  /** The newest maxima count for those who wait, who go first. Gives what they are short of. */
  #noteMaxes(user: string, slots: readonly SlotRequest[]): Set<string> {
    if (slots.length === 0 || this.countWaiting(user) === 0) return new Set();
    for (const { holder, max } of slots) this.#maxes.set(nameOf(holder), max);
    this.grantAll();
    return this.#grantNext(user) ?? new Set();
  }

  /** The hold of a request without a slot of its user lives by itself. */
  #leaseOfHold(slots: readonly SlotRequest[], leases: readonly ModelLease[]): ModelLease {
    const index = slots.findIndex(({ holder }) => holder.kind === 'user');
    return leases[index] ?? this.#addLease('by itself');
  }

  #canGo(slots: readonly SlotRequest[]): boolean {
    return slots.every(({ holder, max }) => max <= 0 || this.countLive(holder) < max);
  }

  /** Some of those who wait have asked for figures, at their next look. */
  waitsForFigures(): boolean {
    return this.waiting.some(({ money }) => money !== null && this.money.look(money) === 'unknown');
  }

  /** In order, whoever has all slots free and money that is not held; until nobody has. */
  grantAll(): void {
    for (const user of new Set(this.waiting.map((ticket) => ticket.user))) while (!this.#grantNext(user));
  }

  /** null = somebody went or was refused; else the purses that those who stay are short of. */
  #grantNext(user: string): Set<string> | null {
    const closed = new Set<string>();
    for (const ticket of this.waiting.filter((other) => other.user === user)) {
      const slots = ticket.slots.map(({ holder, max }) => ({
        holder,
        max: this.#maxes.get(nameOf(holder)) ?? max,
      }));
      if (!this.#canGo(slots.slice(0, 1))) return closed;
      if (!this.#canGo(slots)) continue;
      const looked = ticket.money ? this.money.look(ticket.money, closed) : 'fits';
      if (looked === 'fits' || looked === 'refused') {
        this.#end(ticket, looked === 'fits');
        return null;
      }
      if (looked === 'unknown') this.#askForFigures(ticket, closed);
      if (ticket.money) for (const purse of this.money.listShort(ticket.money)) closed.add(purse);
    }
    return closed;
  }

  /** Who waits for a figure that went asks for it: that token takes the place of one that is spent for it. */
  #askForFigures({ user, money }: ModelTicket, closed: ReadonlySet<string>): void {
    const unasked =
      money?.purses.map(({ purse }) => purse).filter((purse) => !closed.has(nameOf(purse))) ?? [];
    if (unasked.some((purse) => this.money.read(purse) === null)) this.money.askToken(user, unasked);
  }

  #end(ticket: ModelTicket, isGranted: boolean): void {
    this.waiting = this.waiting.filter((other) => other !== ticket);
    ticket.state = isGranted ? 'granted' : 'refused';
    if (!isGranted) return this.windows.correct(ticket.counted, 0);
    ticket.leases = ticket.slots.map(({ holder }) => this.#addLease(holder));
    ticket.hold =
      ticket.money &&
      this.money.hold(ticket.user, ticket.money, this.#leaseOfHold(ticket.slots, ticket.leases));
  }

  #addLease(holder: SlotHolder | string): ModelLease {
    const lease = { holder: nameOf(holder), expiresAtMs: this.nowMs + LEASE_TTL_MS };
    this.leases.push(lease);
    return lease;
  }
}

function refuse(verdict: Verdict): ModelAnswer {
  return { verdict, leases: [], hold: null, counted: [], ticket: null, token: null };
}

function nameOf(thing: object | string): string {
  return JSON.stringify(thing);
}

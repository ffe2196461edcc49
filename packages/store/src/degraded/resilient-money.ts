import type { Clock, PicoUsd, UserId } from '@tollgate/core';
import { buildHold } from '../build-hold.ts';
import { checkAmount } from '../check-money.ts';
import type { Hold, LostHold, MoneyStore, PurseName, PurseSeed, PurseState } from '../money-port.ts';
import { StoreUnavailableError } from '../port.ts';
import type { AdmitRequest, AdmitResult, Lease, Store, Ticket, TicketOutcome } from '../port.ts';
import { openHold, RunningHold } from '../running-hold.ts';
import { SeenPurses } from './seen-purses.ts';
import type { StoreCircuit } from './store-circuit.ts';

export interface ResilientMoneyContext {
  primary: Store;
  circuit: StoreCircuit;
  clock: Clock;
  graceMs: number;
  /** `call` on the primary; where that is away, `instead`, unless the policy is `closed`. */
  ask<T>(call: () => Promise<T>, instead: () => Promise<T>): Promise<T>;
}

/** The part of the resilient store that is about money: fails closed, after the grace of figures that it has seen. */
export class ResilientMoney implements MoneyStore {
  readonly #context: ResilientMoneyContext;
  readonly #seen: SeenPurses;

  constructor(context: ResilientMoneyContext) {
    this.#context = context;
    const { clock, graceMs, circuit, primary } = context;
    this.#seen = new SeenPurses({
      clock,
      graceMs,
      nodeCount: () => primary.nodeCount,
      read: (purses) => circuit.ask(() => primary.readPurses(purses)),
    });
  }

  /** The figures count here, whether or not the primary takes them. */
  seedPurses(userId: UserId, seeds: readonly PurseSeed[], ttlMs: number, seedToken: string): Promise<void> {
    this.#seen.seed(userId, seeds);
    return this.#context.ask(
      () => this.#context.primary.seedPurses(userId, seeds, ttlMs, seedToken),
      async () => {},
    );
  }

  /** Also of a hold that was taken here: its cost moves the primary's figures. */
  settleHold(hold: Hold, cost: PicoUsd): void {
    checkAmount(cost, 'cost');
    const running = openHold(hold);
    if (running.isSettled) return;
    this.#context.primary.settleHold(hold, cost);
    // Also where the primary did not take it.
    running.isSettled = true;
    this.#seen.settle(hold, cost);
  }

  readPurses(purses: readonly PurseName[]): Promise<(PurseState | null)[]> {
    return this.#context.ask(
      () => this.#context.primary.readPurses(purses),
      async () => purses.map((purse) => this.#seen.read(purse)),
    );
  }

  listLostHolds(limit: number): Promise<LostHold[]> {
    return this.#context.circuit.ask(() => this.#context.primary.listLostHolds(limit));
  }

  forgetLostHolds(ids: readonly LostHold['id'][]): Promise<void> {
    return this.#context.circuit.ask(() => this.#context.primary.forgetLostHolds(ids));
  }

  /** What the primary said of a request with money. */
  learn({ userId, money }: AdmitRequest, result: AdmitResult): AdmitResult {
    if (money === null) return result;
    if (result.admitted) {
      this.#seen.want(userId, money);
      if (result.hold) this.#seen.hold(result.hold);
    } else if (result.reason === 'queued') {
      this.#seen.want(userId, money);
      return { ...result, ticket: this.#wrap(result.ticket, ({ hold }) => hold) };
    } else if (result.reason === 'money' && !result.isHeld) {
      // The figure moved below by other nodes: what this node has seen is outdated.
      this.#seen.drop(userId);
    }
    return result;
  }

  /** Throws StoreUnavailableError where what was seen does not suffice. */
  checkLocally({ userId, money }: AdmitRequest): void {
    if (money !== null && !this.#seen.hasRoom(userId, money)) {
      throw new StoreUnavailableError('the money is not known to suffice');
    }
  }

  /** The hold of a request that this node admits on its own; null where money was not asked for. */
  holdLocally(request: AdmitRequest, leases: readonly Lease[]): Hold | null {
    const hold = buildHold(request, leases, this.#context.clock.nowMs());
    if (hold === null) return null;
    const own = new RunningHold({ ...hold, keptBy: 'nothing' });
    this.#seen.hold(own);
    return own;
  }

  /** A ticket of the local store, which knows no money: it is looked at when the slot is there, and lost without. */
  waitLocally(request: AdmitRequest, ticket: Ticket): Ticket {
    const { money, userId } = request;
    if (money === null) return ticket;
    return this.#wrap(ticket, ({ leases }) => {
      if (this.#seen.hasRoom(userId, money)) return this.holdLocally(request, leases);
      ticket.cancel();
      return 'lost';
    });
  }

  drop(userId: UserId): void {
    this.#seen.drop(userId);
  }

  clear(): void {
    this.#seen.clear();
  }

  close(): void {
    this.#seen.close();
  }

  /** Counts the hold of its grant, and gives it back when the grant is not used. */
  #wrap(ticket: Ticket, holdOf: (granted: Granted) => Hold | null | 'lost'): Ticket {
    let granted: Hold | null = null;
    let isCancelled = false;
    const outcome = ticket.outcome.then((ended): TicketOutcome => {
      if (ended.kind !== 'granted' || isCancelled) return ended;
      const hold = holdOf(ended);
      if (hold === 'lost') return { kind: 'lost' };
      granted = hold;
      if (hold) this.#seen.hold(hold);
      return { ...ended, hold };
    });
    const cancel = () => {
      isCancelled = true;
      ticket.cancel();
      if (granted) this.#seen.giveBack(granted);
    };
    return { id: ticket.id, outcome, cancel };
  }
}

type Granted = Extract<TicketOutcome, { kind: 'granted' }>;

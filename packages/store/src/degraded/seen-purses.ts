import { picoUsd, type Clock, type PicoUsd, type UserId } from '@tollgate/core';
import type { Hold, MoneyRequest, PurseName, PurseSeed, PurseState } from '../money-port.ts';
import { purseField, purseWindowMs } from '../purse-fields.ts';
import { NodeHolds } from './node-holds.ts';
import { SeenFigures } from './seen-figures.ts';

/** A purse as it was seen in the store, moved by what this node has settled since. */
interface SeenPurse extends PurseState {
  /** The amount when it was seen; in a window that has begun since, 0. */
  seenAmount: PicoUsd;
  /** What requests of other nodes held then. */
  heldByOthers: PicoUsd;
}

/** Of one user; moved in place. */
interface Figures {
  readonly byField: Map<string, SeenPurse>;
  /** The list that they were last found to have all of, mostly the next request's as well. */
  wholeFor: MoneyRequest['purses'] | null;
}

interface Settlement {
  purses: readonly PurseName[];
  cost: PicoUsd;
}

export interface SeenPursesOptions {
  clock: Clock;
  /** LIM-11: figures that are older decide nothing. */
  graceMs: number;
  /** As last known. */
  nodeCount(): number;
  /** The store's. */
  read(purses: readonly PurseName[]): Promise<readonly (PurseState | null)[]>;
}

const NOTHING = picoUsd(0n);

/**
 * What decides about money while the store is away: the figures that this node saw in it within the grace. As it knows
 * nothing of what other nodes do meanwhile, it goes by its share: what was left, less what others held, divided by the
 * nodes, less what it has settled since and what its own requests hold. So all nodes together stay within what they saw.
 */
export class SeenPurses {
  readonly #clock: Clock;
  readonly #figures: SeenFigures<UserId, Figures, Settlement, MoneyRequest['purses']>;
  readonly #holds = new NodeHolds();
  readonly #nodeCount: () => number;

  constructor({ clock, graceMs, nodeCount, read }: SeenPursesOptions) {
    this.#clock = clock;
    this.#nodeCount = nodeCount;
    this.#figures = new SeenFigures({
      clock,
      graceMs,
      read: (userIds) => this.#readAll(userIds, read),
      move: (figures, settlement) => this.#move(figures, settlement),
      isWhole: hasAll,
    });
  }

  /** The store has let a request pass: what it is paid from is worth knowing. */
  want(userId: UserId, { purses }: MoneyRequest): void {
    this.#holds.name(userId, purses);
    this.#figures.want(userId, purses);
  }

  seed(userId: UserId, seeds: readonly PurseSeed[]): void {
    this.#holds.name(userId, seeds);
    const seen = seeds.map(({ purse, amount, startMs }): [string, SeenPurse] => [
      purseField(purse),
      this.#see(purse, { amount, held: NOTHING, startMs }),
    ]);
    this.#figures.note(userId, { byField: new Map(seen), wholeFor: null });
  }

  hold(hold: Hold): void {
    this.#holds.add(hold);
  }

  giveBack(hold: Hold): void {
    this.#holds.remove(hold);
  }

  settle(hold: Hold, cost: PicoUsd): void {
    this.#holds.remove(hold);
    if (cost > 0n) this.#figures.move(hold.userId, { purses: hold.purses, cost });
  }

  /** Every purse is known, and this node's share of it has room for the hold beside those of this node. */
  hasRoom(userId: UserId, { purses, hold }: MoneyRequest): boolean {
    return purses.every(({ purse, limit }) => {
      const seen = this.#get(purse);
      if (!seen) return false;
      const rest = limit === null ? seen.amount : limit - seen.amount;
      if (rest <= 0n || hold === 0n) return rest > 0n;
      const seenRest = limit === null ? seen.seenAmount : limit - seen.seenAmount;
      const share = this.#divide(seenRest - seen.heldByOthers);
      const settled = seenRest - rest;
      return share - settled - this.#holds.read(userId, purseField(purse)) >= hold;
    });
  }

  #divide(amount: bigint): bigint {
    const nodes = this.#nodeCount();
    return nodes > 1 ? amount / BigInt(Math.floor(nodes)) : amount;
  }

  /** null = not seen in the last minute. */
  read(purse: PurseName): PurseState | null {
    const seen = this.#get(purse);
    if (!seen) return null;
    const held = picoUsd(this.#holds.read(purse.userId, purseField(purse)));
    return { amount: seen.amount, startMs: seen.startMs, held };
  }

  #get(purse: PurseName): SeenPurse | null {
    const seen = this.#figures.get(purse.userId)?.byField.get(purseField(purse));
    return seen ? this.#endWindow(purse, seen) : null;
  }

  drop(userId: UserId): void {
    this.#figures.drop(userId);
  }

  clear(): void {
    this.#figures.clear();
  }

  close(): void {
    this.#figures.close();
  }

  async #readAll(userIds: readonly UserId[], read: SeenPursesOptions['read']): Promise<Figures[]> {
    const purses = userIds.flatMap((userId) => this.#holds.listPurses(userId));
    const states = await read(purses);
    const figures = new Map(userIds.map((userId): [UserId, Figures['byField']] => [userId, new Map()]));
    for (const [index, purse] of purses.entries()) {
      const state = states[index];
      if (state) figures.get(purse.userId)?.set(purseField(purse), this.#see(purse, state));
    }
    return userIds.map((userId) => ({ byField: figures.get(userId) ?? new Map(), wholeFor: null }));
  }

  /** Of what is held then, this node's part is known. */
  #see(purse: PurseName, state: PurseState): SeenPurse {
    const others = state.held - this.#holds.read(purse.userId, purseField(purse));
    return { ...state, seenAmount: state.amount, heldByOthers: others > 0n ? picoUsd(others) : NOTHING };
  }

  #move(figures: Figures, { purses, cost }: Settlement): Figures {
    for (const purse of purses) {
      const field = purseField(purse);
      const known = figures.byField.get(field);
      if (!known) continue;
      const present = this.#endWindow(purse, known);
      this.#spend(purse, present, cost);
      if (present !== known) figures.byField.set(field, present);
    }
    return figures;
  }

  #spend(purse: PurseName, state: SeenPurse, cost: PicoUsd): void {
    if (purse.kind === 'balance') {
      state.amount = picoUsd(state.amount - cost);
      return;
    }
    state.startMs = purseWindowMs(purse) > 0 ? (state.startMs ?? this.#clock.nowMs()) : null;
    state.amount = picoUsd(state.amount + cost);
  }

  #endWindow(purse: PurseName, state: SeenPurse): SeenPurse {
    const isOver = state.startMs !== null && state.startMs + purseWindowMs(purse) <= this.#clock.nowMs();
    return isOver ? { ...state, amount: NOTHING, seenAmount: NOTHING, startMs: null } : state;
  }
}

function hasAll(figures: Figures, purses: MoneyRequest['purses']): boolean {
  if (figures.wholeFor === purses) return true;
  for (const { purse } of purses) if (!figures.byField.has(purseField(purse))) return false;
  figures.wholeFor = purses;
  return true;
}

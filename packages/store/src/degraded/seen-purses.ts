import { picoUsd, type Clock, type PicoUsd, type UserId } from '@tollgate/core';
import type { Hold, MoneyRequest, PurseName, PurseSeed, PurseState } from '../money-port.ts';
import { purseField, purseWindowMs } from '../purse-fields.ts';
import { NodeHolds } from './node-holds.ts';
import { SeenFigures } from './seen-figures.ts';

type Figures = ReadonlyMap<string, PurseState>;

interface Settlement {
  purses: readonly PurseName[];
  cost: PicoUsd;
}

export interface SeenPursesOptions {
  clock: Clock;
  /** LIM-11: figures that are older decide nothing. */
  graceMs: number;
  /** The store's. */
  read(purses: readonly PurseName[]): Promise<readonly (PurseState | null)[]>;
}

/**
 * What decides about money while the store is away: the figures that this node saw in it within the grace, moved by
 * what it settles, and what its own requests hold. It knows nothing of what other nodes hold or spend meanwhile.
 */
export class SeenPurses {
  readonly #clock: Clock;
  readonly #figures: SeenFigures<UserId, Figures, Settlement>;
  readonly #holds = new NodeHolds();

  constructor({ clock, graceMs, read }: SeenPursesOptions) {
    this.#clock = clock;
    this.#figures = new SeenFigures({
      clock,
      graceMs,
      read: (userIds) => this.#readAll(userIds, read),
      move: (figures, settlement) => this.#move(figures, settlement),
    });
  }

  /** The store has let a request pass: what it is paid from is worth knowing. */
  want(userId: UserId, { purses }: MoneyRequest): void {
    this.#holds.name(userId, purses);
    this.#figures.want(userId, (known) => purses.every(({ purse }) => known.has(purseField(purse))));
  }

  seed(userId: UserId, seeds: readonly PurseSeed[]): void {
    this.#holds.name(userId, seeds);
    const states = seeds.map(({ purse, amount, startMs }): [string, PurseState] => [
      purseField(purse),
      { amount, held: picoUsd(0n), startMs },
    ]);
    this.#figures.note(userId, new Map(states));
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

  /** Every purse is known, and has room for the hold beside those of this node. */
  hasRoom(userId: UserId, { purses, hold }: MoneyRequest): boolean {
    return purses.every(({ purse, limit }) => {
      const state = this.read(purse);
      if (!state) return false;
      const rest = limit === null ? state.amount : limit - state.amount;
      return rest > 0n && (hold === 0n || rest - this.#holds.read(userId, purseField(purse)) >= hold);
    });
  }

  /** null = not seen in the last minute. */
  read(purse: PurseName): PurseState | null {
    const state = this.#figures.get(purse.userId)?.get(purseField(purse));
    if (!state) return null;
    const held = picoUsd(this.#holds.read(purse.userId, purseField(purse)));
    return { ...this.#endWindow(purse, state), held };
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
    const figures = new Map<UserId, Map<string, PurseState>>(userIds.map((userId) => [userId, new Map()]));
    for (const [index, purse] of purses.entries()) {
      const state = states[index];
      if (state) figures.get(purse.userId)?.set(purseField(purse), state);
    }
    return userIds.map((userId) => figures.get(userId) ?? new Map());
  }

  #move(figures: Figures, { purses, cost }: Settlement): Figures {
    const moved = new Map(figures);
    for (const purse of purses) {
      const known = figures.get(purseField(purse));
      if (known) moved.set(purseField(purse), this.#spend(purse, this.#endWindow(purse, known), cost));
    }
    return moved;
  }

  #spend(purse: PurseName, state: PurseState, cost: PicoUsd): PurseState {
    if (purse.kind === 'balance') return { ...state, amount: picoUsd(state.amount - cost) };
    const startMs = purseWindowMs(purse) > 0 ? (state.startMs ?? this.#clock.nowMs()) : null;
    return { ...state, amount: picoUsd(state.amount + cost), startMs };
  }

  #endWindow(purse: PurseName, state: PurseState): PurseState {
    const isOver = state.startMs !== null && state.startMs + purseWindowMs(purse) <= this.#clock.nowMs();
    return isOver ? { ...state, amount: picoUsd(0n), startMs: null } : state;
  }
}

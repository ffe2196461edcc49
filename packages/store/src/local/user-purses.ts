import { picoUsd, type LeaseId, type PicoUsd, type UserId } from '@tollgate/core';
import { lostHoldId } from '../build-hold.ts';
import { isInt64 } from '../int64.ts';
import { LOST_HOLDS_MAX, type Hold, type LostHold, type PurseName } from '../money-port.ts';
import { purseField, purseWindowMs } from '../purse-fields.ts';

/** Of a balance `spent` is what there is, negative: so all purses are used up from below. */
export interface Figure {
  spent: bigint;
  held: bigint;
  startMs: number | null;
}

interface Kept {
  hold: Hold;
  note: string | null;
}

/** The figures, holds and lost holds of one user. */
export class UserPurses {
  readonly #userId: UserId;
  #figures = new Map<string, Figure>();
  /** All figures live as long as the first of them. */
  #untilMs = 0;
  readonly #holds = new Map<LeaseId, Kept>();
  #lost: LostHold[] = [];

  constructor(userId: UserId) {
    this.#userId = userId;
  }

  /** null = not known. What is over begins with nothing spent. */
  read(purse: PurseName, nowMs: number): Figure | null {
    if (nowMs >= this.#untilMs) this.#figures.clear();
    const figure = this.#figures.get(purseField(purse));
    if (!figure) return null;
    if (figure.startMs !== null && figure.startMs + purseWindowMs(purse) <= nowMs) {
      figure.spent = 0n;
      figure.startMs = null;
    }
    return figure;
  }

  seed(purse: PurseName, { spent, startMs }: Omit<Figure, 'held'>, nowMs: number, ttlMs: number): void {
    if (this.read(purse, nowMs)) return;
    if (this.#figures.size === 0) this.#untilMs = nowMs + ttlMs;
    const field = purseField(purse);
    let held = 0n;
    for (const { hold } of this.#holds.values()) {
      if (hold.purses.some((other) => purseField(other) === field)) held += hold.amount;
    }
    this.#figures.set(field, { spent, held, startMs });
    if (!isInt64(spent + held)) this.#figures.clear();
  }

  dropFigures(): void {
    this.#figures.clear();
  }

  take(hold: Hold, note: string | null, nowMs: number): void {
    this.#holds.set(hold.id, { hold, note });
    this.#move(hold, { held: hold.amount, spent: 0n }, nowMs);
  }

  /** Without a cost: nothing was used. Out of the 64-bit range all figures are dropped, as Redis has to do it. */
  settle(hold: Hold, cost: PicoUsd, nowMs: number): void {
    const wasHeld = this.#holds.delete(hold.id);
    if (!wasHeld) this.forget(lostHoldId(hold.id, this.#userId));
    this.#move(hold, { held: wasHeld ? -hold.amount : 0n, spent: cost }, nowMs);
  }

  /** A grant that is not used; nothing where there is none. */
  giveBack(hold: Hold, nowMs: number): void {
    if (this.#holds.has(hold.id)) this.settle(hold, picoUsd(0n), nowMs);
  }

  /** Holds that died: what they held is free, those with a note are lost. How many lost ones went for want of room. */
  sweep(isLive: (hold: Hold) => boolean, nowMs: number): number {
    for (const { hold, note } of this.#holds.values()) {
      if (isLive(hold)) continue;
      this.giveBack(hold, nowMs);
      if (note !== null) this.#lose(hold, note, nowMs);
    }
    return this.#lost.splice(0, this.#lost.length - LOST_HOLDS_MAX).length;
  }

  listLost(): readonly LostHold[] {
    return this.#lost;
  }

  forget(id: LostHold['id']): void {
    this.#lost = this.#lost.filter((lost) => lost.id !== id);
  }

  isEmpty(nowMs: number): boolean {
    if (nowMs >= this.#untilMs) this.#figures.clear();
    return this.#figures.size + this.#holds.size + this.#lost.length === 0;
  }

  #lose({ id, amount, purses }: Hold, note: string, foundAtMs: number): void {
    const userId = this.#userId;
    this.#lost.push({ id: lostHoldId(id, userId), userId, amount, purses: [...purses], note, foundAtMs });
  }

  #move(hold: Hold, { held, spent }: { held: bigint; spent: bigint }, nowMs: number): void {
    for (const purse of hold.purses) {
      const figure = this.read(purse, nowMs);
      if (!figure) continue;
      figure.held += held;
      figure.spent += spent;
      if (spent > 0n && purseWindowMs(purse) > 0) figure.startMs ??= nowMs;
      if (!isInt64(figure.spent) || !isInt64(figure.spent + figure.held)) this.#figures.clear();
    }
  }
}

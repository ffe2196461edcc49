import { picoUsd, type PicoUsd, type UserId } from '@tollgate/core';
import { clampInt64, isInt64 } from '../int64.ts';
import { ExpiringMap } from './expiring-map.ts';

/** Balance figures and the tokens that their seeds must show. */
export class BalanceTable {
  readonly #figures = new ExpiringMap<PicoUsd>();
  readonly #tokens = new ExpiringMap<string>();
  #lastToken = 0;

  read(userId: UserId, nowMs: number): PicoUsd | null {
    return this.#figures.get(userId, nowMs) ?? null;
  }

  /** The user's present token; a new one when there is none. */
  readToken(userId: UserId, nowMs: number, tokenTtlMs: number): string {
    const known = this.#tokens.get(userId, nowMs);
    if (known) return known;
    const token = String((this.#lastToken += 1));
    this.#tokens.set(userId, token, nowMs + tokenTtlMs);
    return token;
  }

  seed(userId: UserId, balance: PicoUsd, token: string, nowMs: number, ttlMs: number): void {
    if (this.#tokens.get(userId, nowMs) !== token) return;
    this.#tokens.delete(userId);
    if (this.read(userId, nowMs) !== null) return;
    this.#figures.set(userId, picoUsd(clampInt64(balance)), nowMs + ttlMs);
  }

  /** Out of the 64-bit range the figure is dropped, as Redis has to do it. */
  debit(userId: UserId, amount: PicoUsd, nowMs: number): void {
    const figure = this.read(userId, nowMs);
    if (figure === null) return;
    const moved = figure - amount;
    if (isInt64(moved) && isInt64(amount)) this.#figures.replace(userId, picoUsd(moved));
    else this.#figures.delete(userId);
  }

  drop(userId: string): void {
    this.#figures.delete(userId);
    this.#tokens.delete(userId);
  }

  sweep(nowMs: number): void {
    this.#figures.sweep(nowMs);
    this.#tokens.sweep(nowMs);
  }
}

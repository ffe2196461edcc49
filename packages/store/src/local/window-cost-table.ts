import { picoUsd, type AccountId, type PicoUsd } from '@tollgate/core';
import type { WindowCost } from '../account-port.ts';
import { clampInt64, isInt64 } from '../int64.ts';
import { END_TOLERANCE_MS } from '../rules/upstream-windows.ts';
import { ExpiringMap } from './expiring-map.ts';

/** LIM-8: window costs by account, and the tokens that their seeds must show. */
export class WindowCostTable {
  readonly #figures = new ExpiringMap<WindowCost>();
  readonly #tokens = new ExpiringMap<string>();
  #lastToken = 0;

  read(accountId: AccountId, nowMs: number): WindowCost | null {
    return this.#figures.get(accountId, nowMs) ?? null;
  }

  readToken(accountId: AccountId, nowMs: number, tokenTtlMs: number): string {
    const known = this.#tokens.get(accountId, nowMs);
    if (known) return known;
    const token = String((this.#lastToken += 1));
    this.#tokens.set(accountId, token, nowMs + tokenTtlMs);
    return token;
  }

  seed(
    accountId: AccountId,
    { startMs, endMs }: { startMs: number; endMs: number },
    spent: PicoUsd,
    token: string,
    nowMs: number,
  ): void {
    if (this.#tokens.get(accountId, nowMs) !== token || endMs <= nowMs) return;
    this.#tokens.delete(accountId);
    if (this.read(accountId, nowMs)) return;
    this.#figures.set(accountId, { startMs, endMs, spent: picoUsd(clampInt64(spent)) }, endMs);
  }

  /** Out of the 64-bit range the figure is dropped, as Redis has to do it. */
  add(accountId: AccountId, cost: PicoUsd, nowMs: number): void {
    const figure = this.read(accountId, nowMs);
    if (!figure) return;
    const spent = picoUsd(figure.spent + cost);
    if (isInt64(spent) && isInt64(cost)) this.#figures.replace(accountId, { ...figure, spent });
    else this.#figures.delete(accountId);
  }

  /** A window that ends elsewhere: what was counted is not what counts. */
  outdate(accountId: AccountId, endMs: number, nowMs: number): void {
    const figure = this.read(accountId, nowMs);
    if (!figure || Math.abs(figure.endMs - endMs) <= END_TOLERANCE_MS) return;
    this.#figures.delete(accountId);
    this.#tokens.delete(accountId);
  }

  sweep(nowMs: number): void {
    this.#figures.sweep(nowMs);
    this.#tokens.sweep(nowMs);
  }
}

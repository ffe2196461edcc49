import type { UserId } from '@tollgate/core';
import { ExpiringMap } from './expiring-map.ts';

/** The tokens that seeds must show: one a user at a time, spent purse by purse. */
export class SeedTokens {
  readonly #ttlMs: number;
  readonly #tokens = new ExpiringMap<{ token: string; spent: Set<string> }>();
  #last = 0;

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  /** The user's present token; a new one when there is none, or it is spent for one of these purses. */
  read(userId: UserId, fields: readonly string[], nowMs: number): string {
    const known = this.#tokens.get(userId, nowMs);
    if (known && !fields.some((field) => known.spent.has(field))) return known.token;
    const token = String((this.#last += 1));
    this.#tokens.set(userId, { token, spent: new Set() }, nowMs + this.#ttlMs);
    return token;
  }

  /** True once for each purse, while the token lives. */
  spend(userId: UserId, token: string, field: string, nowMs: number): boolean {
    const known = this.#tokens.get(userId, nowMs);
    if (known?.token !== token || known.spent.has(field)) return false;
    known.spent.add(field);
    return true;
  }

  drop(userId: UserId): void {
    this.#tokens.delete(userId);
  }

  sweep(nowMs: number): void {
    this.#tokens.sweep(nowMs);
  }
}

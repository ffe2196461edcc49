import type { AccountId } from '@tollgate/core';
import type { StickyBinding, StickyPage, StickySelection } from '../account-port.ts';
import { checkPage, formatCursor, parseCursor } from '../sticky-cursor.ts';
import { ExpiringMap } from './expiring-map.ts';

/** SEL-4: the account of each session. */
export class StickyTable {
  readonly #bindings = new ExpiringMap<{ accountId: AccountId; endMs: number }>();

  get(name: string, nowMs: number): AccountId | null {
    return this.#bindings.get(name, nowMs)?.accountId ?? null;
  }

  bind(name: string, accountId: AccountId, endMs: number): void {
    this.#bindings.set(name, { accountId, endMs }, endMs);
  }

  list(page: { cursor: string | null; limit: number }, nowMs: number): StickyPage {
    checkPage(page.limit);
    const from = parseCursor(page.cursor);
    const live = this.#listLive(nowMs).filter(({ endsInMs }) => !from || nowMs + endsInMs >= from.endMs);
    const bindings = live.slice(from?.skip ?? 0, (from?.skip ?? 0) + page.limit);
    const last = bindings.at(-1);
    if (!last || bindings.length < page.limit) return { bindings, cursor: null };
    const endMs = nowMs + last.endsInMs;
    const given = bindings.filter(({ endsInMs }) => endsInMs === last.endsInMs).length;
    const skip = given + (from?.endMs === endMs ? from.skip : 0);
    return { bindings, cursor: formatCursor({ endMs, skip }) };
  }

  clear(which: StickySelection, nowMs: number): number {
    let ended = 0;
    for (const { name, accountId } of this.#listLive(nowMs)) {
      const isMeant =
        which === 'all' || ('name' in which ? which.name === name : which.accountId === accountId);
      if (!isMeant) continue;
      this.#bindings.delete(name);
      ended += 1;
    }
    return ended;
  }

  sweep(nowMs: number): void {
    this.#bindings.sweep(nowMs);
  }

  /** By their end, then by name, as a sorted set has them. */
  #listLive(nowMs: number): StickyBinding[] {
    const live: StickyBinding[] = [];
    for (const [name, { accountId, endMs }] of this.#bindings.entries()) {
      if (endMs > nowMs) live.push({ name, accountId, endsInMs: endMs - nowMs });
    }
    return live.toSorted((a, b) => a.endsInMs - b.endsInMs || (a.name < b.name ? -1 : 1));
  }
}

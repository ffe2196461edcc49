import type { AccountId } from '@tollgate/core';
import type { AccountStore, StickyBinding, StickyPage, StickySelection } from '../account-port.ts';
import { checkPage, formatCursor, parseCursor, type StickyCursor } from '../sticky-cursor.ts';
import type { Keys } from './keys.ts';
import type { Call } from './call.ts';
import { SCRIPTS } from './scripts.ts';

const SCAN_COUNT = 500;

/** Sticky bindings as the admin sees them. Requests bind by the take itself. */
export class RedisStickies implements Pick<AccountStore, 'listStickyBindings' | 'clearSticky'> {
  readonly #keys: Keys;
  readonly #request: (call: Call) => Promise<unknown>;

  constructor(keys: Keys, request: (call: Call) => Promise<unknown>) {
    this.#keys = keys;
    this.#request = request;
  }

  async listStickyBindings(page: { cursor: string | null; limit: number }): Promise<StickyPage> {
    checkPage(page.limit);
    const from = parseCursor(page.cursor);
    const reply = await this.#request({
      script: SCRIPTS.listSticky,
      keys: [this.#keys.stickies],
      args: [from?.endMs ?? '', from?.skip ?? 0, page.limit],
    });
    const [now, flat] = reply as [string, string[]];
    const ends = readPairs(flat);
    const accountIds = await this.#readAccounts(ends.map(({ name }) => name));
    const bindings = ends.flatMap(({ name, endMs }, index): StickyBinding[] => {
      const accountId = accountIds[index];
      return accountId ? [{ name, accountId: accountId as AccountId, endsInMs: endMs - Number(now) }] : [];
    });
    return { bindings, cursor: ends.length < page.limit ? null : formatCursor(nextCursor(ends, from)) };
  }

  async clearSticky(which: StickySelection): Promise<number> {
    if (which !== 'all' && 'name' in which) return this.#clear([which.name], '');
    return this.#clearScanned(which === 'all' ? '' : which.accountId);
  }

  /** ZSCAN gives each name that is there from the beginning to the end, whatever moves between. */
  async #clearScanned(accountId: string): Promise<number> {
    let cursor = '0';
    let cleared = 0;
    do {
      const args = [this.#keys.stickies, cursor, 'COUNT', SCAN_COUNT];
      const [next, flat] = (await this.#request({ command: 'zscan', args })) as [string, string[]];
      cleared += await this.#clear(
        readPairs(flat).map(({ name }) => name),
        accountId,
      );
      cursor = next;
    } while (cursor !== '0');
    return cleared;
  }

  async #clear(names: readonly string[], accountId: string): Promise<number> {
    if (names.length === 0) return 0;
    const keys = [this.#keys.stickies, ...names.map((name) => this.#keys.sticky(name))];
    return Number(await this.#request({ script: SCRIPTS.clearSticky, keys, args: [accountId, ...names] }));
  }

  async #readAccounts(names: readonly string[]): Promise<(string | null)[]> {
    if (names.length === 0) return [];
    const args = names.map((name) => this.#keys.sticky(name));
    return (await this.#request({ command: 'mget', args })) as (string | null)[];
  }
}

function readPairs(flat: readonly string[]): { name: string; endMs: number }[] {
  return flat.flatMap((name, position) =>
    position % 2 === 0 ? [{ name, endMs: Number(flat[position + 1]) }] : [],
  );
}

function nextCursor(ends: readonly { endMs: number }[], from: StickyCursor | null): StickyCursor {
  const endMs = ends.at(-1)?.endMs ?? 0;
  const given = ends.filter((end) => end.endMs === endMs).length;
  return { endMs, skip: given + (from?.endMs === endMs ? from.skip : 0) };
}

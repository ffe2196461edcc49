import type { AccountId } from '@tollgate/core';
import type { SessionRegistration } from '../account-port.ts';

/** LIM-7: live sessions by account, each with the moment at which it ends. */
export class SessionTable {
  readonly #accounts = new Map<AccountId, Map<string, number>>();

  /** A live session passes; a new one while fewer than `max` are live. */
  hasRoom(accountId: AccountId, session: string, max: number, nowMs: number): boolean {
    return this.isLive(accountId, session, nowMs) || this.count(accountId, nowMs) < max;
  }

  /** The registration when the session was not live before, else null. */
  touch(accountId: AccountId, session: string, idleMs: number, nowMs: number): SessionRegistration | null {
    const sessions = this.#accounts.get(accountId) ?? new Map<string, number>();
    this.#accounts.set(accountId, sessions);
    const known = sessions.get(session) ?? 0;
    const wasLive = known > nowMs;
    // It always moves, so that a registration that was refreshed since can be told from one that was not.
    const untilMs = wasLive ? Math.max(nowMs + idleMs, known + 1) : nowMs + idleMs;
    sessions.set(session, untilMs);
    return wasLive ? null : { accountId, session, untilMs };
  }

  refresh(accountId: AccountId, session: string, idleMs: number, nowMs: number): void {
    if (this.isLive(accountId, session, nowMs)) this.touch(accountId, session, idleMs, nowMs);
  }

  release({ accountId, session, untilMs }: SessionRegistration): void {
    const sessions = this.#accounts.get(accountId);
    if (sessions?.get(session) === untilMs) sessions.delete(session);
  }

  isLive(accountId: AccountId, session: string, nowMs: number): boolean {
    return (this.#accounts.get(accountId)?.get(session) ?? 0) > nowMs;
  }

  count(accountId: AccountId, nowMs: number): number {
    let live = 0;
    for (const untilMs of this.#accounts.get(accountId)?.values() ?? []) if (untilMs > nowMs) live += 1;
    return live;
  }

  sweep(nowMs: number): void {
    for (const [accountId, sessions] of this.#accounts) {
      for (const [session, untilMs] of sessions) if (untilMs <= nowMs) sessions.delete(session);
      if (sessions.size === 0) this.#accounts.delete(accountId);
    }
  }
}

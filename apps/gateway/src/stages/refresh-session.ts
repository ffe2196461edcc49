import type { AccountId, Clock } from '@tollgate/core';
import type { DeadlineTicker, TickTarget } from '@tollgate/forward';
import type { Store } from '@tollgate/store';
import type { PickedAccount } from './pick-account.ts';

export interface RefreshSessionServices {
  store: Store;
  deadlines: DeadlineTicker;
  clock: Clock;
}

/** Several times within the idle time, so that one lost call ends no session. */
const REFRESHES_PER_IDLE_TIME = 3;

/**
 * LIM-7: while an answer runs, its session is not idle, whichever request made it live. null = the account does
 * not count sessions, or the request has none.
 */
export function refreshSession(
  { account, sessionId }: Pick<PickedAccount, 'account' | 'sessionId'>,
  services: RefreshSessionServices,
): { stop(): void } | null {
  if (sessionId === null || account.sessionsMax <= 0) return null;
  return new SessionRefresh({ accountId: account.id, sessionId }, account.sessionIdleMs, services);
}

interface LiveSession {
  accountId: AccountId;
  sessionId: string;
}

class SessionRefresh implements TickTarget {
  tickPlace = -1;
  readonly #session: LiveSession;
  readonly #idleMs: number;
  readonly #services: RefreshSessionServices;
  #nextAtMs: number;

  constructor(session: LiveSession, idleMs: number, services: RefreshSessionServices) {
    this.#session = session;
    this.#idleMs = idleMs;
    this.#services = services;
    this.#nextAtMs = services.clock.monotonicMs() + idleMs / REFRESHES_PER_IDLE_TIME;
    services.deadlines.add(this);
  }

  stop(): void {
    this.#services.deadlines.delete(this);
  }

  onTick(nowMs: number): void {
    if (nowMs < this.#nextAtMs) return;
    this.#nextAtMs = nowMs + this.#idleMs / REFRESHES_PER_IDLE_TIME;
    const { accountId, sessionId } = this.#session;
    this.#services.store.refreshSession(accountId, sessionId, this.#idleMs);
  }
}

import type { AccountSnapshot, Clock } from '@tollgate/core';
import type { DeadlineTicker, TickTarget } from '@tollgate/forward';
import type { Store } from '@tollgate/store';
import type { RequestContext } from '../request-context.ts';
import { buildRequestSession } from '../request-session.ts';
import type { PickedAccount } from './pick-account.ts';

export interface RefreshSessionServices {
  store: Store;
  deadlines: DeadlineTicker;
  clock: Clock;
}

/** Several times within the idle time, so that one lost call ends no session. */
const REFRESHES_PER_IDLE_TIME = 3;

/**
 * LIM-7: while an answer runs, its session is not idle, whether this request made it live or found it so. null = the
 * account does not count sessions, or the request has none.
 */
export function refreshSession(
  context: RequestContext,
  { account }: PickedAccount,
  services: RefreshSessionServices,
): { stop(): void } | null {
  const session = account.sessionsMax > 0 ? buildRequestSession(context) : null;
  return session && new SessionRefresh(session.id, account, services);
}

class SessionRefresh implements TickTarget {
  readonly #session: string;
  readonly #account: AccountSnapshot;
  readonly #services: RefreshSessionServices;
  #nextAtMs: number;

  constructor(session: string, account: AccountSnapshot, services: RefreshSessionServices) {
    this.#session = session;
    this.#account = account;
    this.#services = services;
    this.#nextAtMs = services.clock.monotonicMs() + account.sessionIdleMs / REFRESHES_PER_IDLE_TIME;
    services.deadlines.add(this);
  }

  stop(): void {
    this.#services.deadlines.delete(this);
  }

  onTick(nowMs: number): void {
    if (nowMs < this.#nextAtMs) return;
    const { id, sessionIdleMs } = this.#account;
    this.#nextAtMs = nowMs + sessionIdleMs / REFRESHES_PER_IDLE_TIME;
    this.#services.store.refreshSession(id, this.#session, sessionIdleMs);
  }
}

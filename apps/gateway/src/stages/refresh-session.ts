import type { Clock } from '@tollgate/core';
import type { DeadlineTicker, TickTarget } from '@tollgate/forward';
import type { SessionRegistration, Store } from '@tollgate/store';
import type { PickedAccount } from './pick-account.ts';

export interface RefreshSessionServices {
  store: Store;
  deadlines: DeadlineTicker;
  clock: Clock;
}

/** Several times within the idle time, so that one lost call ends no session. */
const REFRESHES_PER_IDLE_TIME = 3;

/** LIM-7: while an answer runs, its session is not idle. null = the account does not count sessions. */
export function refreshSession(
  { account, registeredSession }: PickedAccount,
  services: RefreshSessionServices,
): { stop(): void } | null {
  if (registeredSession === null || account.sessionsMax <= 0) return null;
  return new SessionRefresh(registeredSession, account.sessionIdleMs, services);
}

class SessionRefresh implements TickTarget {
  tickPlace = -1;
  readonly #registration: SessionRegistration;
  readonly #idleMs: number;
  readonly #services: RefreshSessionServices;
  #nextAtMs: number;

  constructor(registration: SessionRegistration, idleMs: number, services: RefreshSessionServices) {
    this.#registration = registration;
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
    const { accountId, session } = this.#registration;
    this.#services.store.refreshSession(accountId, session, this.#idleMs);
  }
}

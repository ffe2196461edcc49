import type { AccountId, Clock } from '@tollgate/core';
import type { DeadlineTicker, TickTarget } from '@tollgate/forward';
import type { SessionRegistration, Store } from '@tollgate/store';
import type { PickedAccount } from './picked-account.ts';

export interface HoldSessionServices {
  store: Store;
  deadlines: DeadlineTicker;
  clock: Clock;
}

/** LIM-7: what one request does with its session on one account, over all its tries there. */
export interface SessionHold {
  /** An upstream has accepted the request: the session stays live. */
  keep(): void;
  /** The request is done with the account. A registration that nobody wanted kept is undone, once. */
  end(): void;
}

/** Several times within the idle time, so that one lost call ends no session. */
const REFRESHES_PER_IDLE_TIME = 3;

/**
 * LIM-7: while an answer runs, its session is not idle, whichever request made it live. null = the account does
 * not count sessions, or the request has none.
 */
export function holdSession(
  {
    account,
    sessionId,
    registeredSession,
  }: Pick<PickedAccount, 'account' | 'sessionId' | 'registeredSession'>,
  services: HoldSessionServices,
): SessionHold | null {
  if (sessionId === null || account.sessionsMax <= 0) return null;
  const session = { accountId: account.id, sessionId, idleMs: account.sessionIdleMs };
  return new Hold(session, registeredSession, services);
}

interface LiveSession {
  accountId: AccountId;
  sessionId: string;
  idleMs: number;
}

class Hold implements SessionHold, TickTarget {
  tickPlace = -1;
  readonly #session: LiveSession;
  readonly #services: HoldSessionServices;
  /** null = not this request's to undo. */
  #registration: SessionRegistration | null;
  #nextAtMs: number;

  constructor(session: LiveSession, registration: SessionRegistration | null, services: HoldSessionServices) {
    this.#session = session;
    this.#registration = registration;
    this.#services = services;
    this.#nextAtMs = services.clock.monotonicMs() + session.idleMs / REFRESHES_PER_IDLE_TIME;
    services.deadlines.add(this);
  }

  keep(): void {
    this.#registration = null;
  }

  end(): void {
    this.#services.deadlines.delete(this);
    if (this.#registration) this.#services.store.releaseSession(this.#registration);
    this.#registration = null;
  }

  onTick(nowMs: number): void {
    if (nowMs < this.#nextAtMs) return;
    const { accountId, sessionId, idleMs } = this.#session;
    this.#nextAtMs = nowMs + idleMs / REFRESHES_PER_IDLE_TIME;
    this.#services.store.refreshSession(accountId, sessionId, idleMs);
  }
}

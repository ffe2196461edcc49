import type { DeadlineTicker, TickTarget } from '@tollgate/forward';
import { describe, expect, it } from 'vitest';
import { ACCOUNT_ID, buildAccount } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { overrideStore } from '../testing/override-store.ts';
import { holdSession } from './hold-session.ts';

const IDLE_MS = 300_000;
const REGISTRATION = { accountId: ACCOUNT_ID, session: 'ses_1', untilMs: 1 };

/** Ticks when the test says so. */
class ManualTicker implements DeadlineTicker {
  readonly targets = new Set<TickTarget>();

  add(target: TickTarget): void {
    this.targets.add(target);
  }

  delete(target: TickTarget): void {
    this.targets.delete(target);
  }
}

function setUp(sessionsMax = 2, sessionId: string | null = 'ses_1', isNew = true) {
  const { clock, store } = buildServices();
  const deadlines = new ManualTicker();
  const refreshed: unknown[] = [];
  const undone: unknown[] = [];
  const spied = overrideStore(store, {
    refreshSession: (...args) => void refreshed.push(args),
    releaseSession: (registration) => void undone.push(registration),
  });
  const account = buildAccount({ sessionsMax, sessionIdleMs: IDLE_MS });
  const picked = { account, sessionId, registeredSession: isNew ? REGISTRATION : null };
  const running = holdSession(picked, { store: spied, deadlines, clock });
  const pass = (ms: number) => {
    clock.advance(ms);
    for (const target of deadlines.targets) target.onTick(clock.monotonicMs());
  };
  return { running, refreshed, undone, pass, deadlines };
}

describe('hold-session', () => {
  it('[LIM-7] three times in each idle time, while the answer runs', () => {
    const { running, refreshed, pass, deadlines } = setUp();
    pass(IDLE_MS / 3 - 1);
    expect(refreshed).toEqual([]);
    pass(1);
    pass(IDLE_MS / 3);
    expect(refreshed).toEqual([
      [ACCOUNT_ID, 'ses_1', IDLE_MS],
      [ACCOUNT_ID, 'ses_1', IDLE_MS],
    ]);
    running?.end();
    running?.end();
    pass(IDLE_MS);
    expect([refreshed.length, deadlines.targets.size]).toEqual([2, 0]);
  });

  it('a loop that was blocked for long refreshes once', () => {
    const { refreshed, pass } = setUp();
    pass(IDLE_MS * 10);
    expect(refreshed).toHaveLength(1);
  });

  it('[LIM-7] a registration that nothing was accepted with is undone, once', () => {
    const { running, undone } = setUp();
    running?.end();
    running?.end();
    expect(undone).toEqual([REGISTRATION]);
  });

  it('[LIM-7] one that was accepted stays, and so does what another request has registered', () => {
    const { running, undone } = setUp();
    running?.keep();
    running?.end();
    const other = setUp(2, 'ses_1', false);
    other.running?.end();
    expect([undone, other.undone]).toEqual([[], []]);
  });

  it.each([
    ['an account that counts none', 0, 'ses_1'],
    ['a request without one', 2, null],
  ])('[LIM-7] nothing for %s', (_, sessionsMax, sessionId) => {
    const { running, deadlines } = setUp(sessionsMax, sessionId);
    expect([running, deadlines.targets.size]).toEqual([null, 0]);
  });
});

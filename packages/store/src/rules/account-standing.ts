import type { LeaseId } from '@tollgate/core';
import type { AccountExclusionReason, AccountStateKind } from '../account-port.ts';

/** What is known about an account, or about one model on it. */
export interface Health {
  kind: AccountStateKind;
  reason: string;
  sinceMs: number;
  untilMs: number;
  backoffStep: number;
  /** The lease of the probe that goes, or went last; null = none since the last back-off. */
  probe: LeaseId | null;
}

export type Standing =
  | { stands: 'clean' }
  /** Kept out until then. */
  | { stands: 'blocked'; reason: AccountExclusionReason; untilMs: number }
  /** The next attempt is the probe. */
  | { stands: 'due' };

const CLEAN: Standing = { stands: 'clean' };
const DUE: Standing = { stands: 'due' };

/** `breaker-open` and `error` end with a probe that succeeds; the others by themselves. */
export function needsProbe(kind: AccountStateKind): boolean {
  return kind === 'breaker-open' || kind === 'error';
}

/** What a state means for a request at `nowMs`. */
export function readStanding(health: Health | undefined, nowMs: number): Standing {
  if (!health) return CLEAN;
  const { kind, untilMs, probe } = health;
  if (untilMs > nowMs) return { stands: 'blocked', reason: probe ? 'probing' : kind, untilMs };
  return needsProbe(kind) ? DUE : CLEAN;
}

import type { AccountId } from './ids.ts';

/** States that an upstream's answer can put an account into (ACC-3). They end by themselves, or with a probe. */
export type AccountBlockState = 'rate-limited' | 'overloaded' | 'paused' | 'error';

/**
 * What one answer taught about an account. `upstreamModel` null = about the whole account; else only about that
 * model on it. A `reason` is English for the admin and holds nothing that the upstream wrote.
 */
export type AccountFinding = { upstreamModel: string | null } & (
  | { kind: 'success' }
  /** Counts for the circuit breaker. */
  | { kind: 'failure'; reason: string }
  /** The first is noted, the second within an hour is an `error`. */
  | { kind: 'strike'; reason: string }
  /** `untilMs`: from now, in ms. */
  | { kind: 'block'; state: AccountBlockState; untilMs: number; reason: string }
  /**
   * A probe is over and has shown nothing: its place is free at once, for the model and for the account. After
   * what it has shown, and of an attempt that was no probe, it says nothing.
   */
  | { kind: 'undecided' }
);

/** A finding with the account that it is about, as the store takes it. */
export type AccountReport = { accountId: AccountId } & AccountFinding;

import type { AccountId, AttemptId, GroupId, KeyId, NodeId, RequestId, UserId } from './ids.ts';
import type { Protocol } from './platforms.ts';

/**
 * How an account was chosen: the session's own, the best by priority and load, one that had to be waited for, or in
 * turn (calls that take no slot).
 */
export const CHOICE_KINDS = ['sticky', 'load', 'wait', 'turn'] as const;
export type ChoiceKind = (typeof CHOICE_KINDS)[number];

interface Exclusion {
  accountId: AccountId;
  reason: string;
}

/** Who could be looked at in a round, by what the snapshots say: alike for thousands of requests. */
export interface DecisionPool {
  groupId: GroupId;
  /** Who might have served, in the pool's order; the first {@link DECISION_NAMES_MAX}. */
  candidates: AccountId[];
  /** How many there were. */
  candidateCount: number;
  /** Who might not, and why; the first {@link DECISION_NAMES_MAX}. Accounts of earlier rounds are left out. */
  excluded: Exclusion[];
  excludedCount: number;
}

/** What became of a look for an account. */
export interface DecisionChoice {
  /** null = none was found. */
  accountId: AccountId | null;
  by: ChoiceKind | null;
  /** For a slot of the account. */
  waitedMs: number;
  /** This attempt decides whether the account is well again (ACC-3). */
  isProbe: boolean;
  /** null = nothing was sent, or it is not billed (count_tokens). */
  attemptId: AttemptId | null;
  /** HTTP status of the attempt; null = nothing was sent. */
  status: number | null;
  /** Why it failed, an error code; null = it did not. */
  error: string | null;
}

/** One look for an account and what became of it (OPS-9); a failover adds another. */
export interface DecisionRound extends DecisionPool, DecisionChoice {}

export const DECISION_NAMES_MAX = 50;

/** What was decided for one request, beside its columns. Times in ms from the request's first byte. */
export interface DecisionDetail {
  /** For windows, money and a slot of the user; null = it was not admitted. */
  admittedAfterMs: number | null;
  /** First content to the client; null = none. */
  firstContentAfterMs: number | null;
  /** How long admission queued. */
  admissionWaitedMs: number;
  /** The group's model routing has chosen the candidates (SEL-1). */
  isRouted: boolean;
  /** Answered here (WARM-1). */
  isWarmUp: boolean;
  rounds: DecisionRound[];
}

/** A pool as it is stored: once a day, however many records name it. */
export interface PackedPool {
  /** A hash of the text. */
  id: string;
  text: string;
}

/** A round as it is noted: what the pool tells is named. */
export interface NotedRound extends DecisionChoice {
  pool: PackedPool;
  /** Beyond those of the pool; the first {@link DECISION_NAMES_MAX}. */
  excluded: readonly Exclusion[];
  excludedCount: number;
}

export interface NotedDetail extends Omit<DecisionDetail, 'rounds'> {
  rounds: readonly NotedRound[];
}

/** All that is written of one request (OPS-9). */
export interface DecisionRecord {
  requestId: RequestId;
  /** When its first byte came, ms since 1970 UTC. */
  atMs: number;
  nodeId: NodeId;
  userId: UserId;
  keyId: KeyId;
  groupId: GroupId;
  endpoint: string;
  protocol: Protocol;
  /** null = the body was refused before. */
  model: string | null;
  stream: boolean | null;
  status: number;
  errorCode: string | null;
  durationMs: number;
  attempts: number;
  detail: NotedDetail;
}

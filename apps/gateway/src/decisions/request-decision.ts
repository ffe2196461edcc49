import type { EligibleAccount } from '@tollgate/accounts';
import {
  DECISION_NAMES_MAX,
  type AccountId,
  type AttemptId,
  type ChoiceKind,
  type GroupId,
  type NotedDetail,
  type NotedRound,
} from '@tollgate/core';
import { packLookedAt, type Exclusion } from './pack-looked-at.ts';

/** Most requests have one round, and nothing that the store excludes: an array that grows takes room for 17. */
const NO_ROUNDS: readonly NotedRound[] = [];
const NO_EXCLUSIONS: readonly Exclusion[] = [];

/** What the stages decide about one request, as they go (OPS-9). */
export class RequestDecision implements NotedDetail {
  admittedAfterMs: number | null = null;
  firstContentAfterMs: number | null = null;
  admissionWaitedMs = 0;
  isRouted = false;
  isWarmUp = false;
  rounds = NO_ROUNDS;
  /** Of the last attempt: what the client got, unless a refusal follows. */
  status: number | null = null;
  error: string | null = null;

  /** A look for an account begins: what may serve, and what may not. */
  beginRound(groupId: GroupId, eligible: readonly EligibleAccount[], exclusions: readonly Exclusion[]): void {
    const round: NotedRound = {
      pool: packLookedAt(groupId, eligible, exclusions),
      excluded: NO_EXCLUSIONS,
      excludedCount: 0,
      accountId: null,
      by: null,
      waitedMs: 0,
      isProbe: false,
      attemptId: null,
      status: null,
      error: null,
    };
    this.rounds = this.rounds.length === 0 ? [round] : [...this.rounds, round];
  }

  /** It was but a look: the request begins anew. */
  forgetRounds(): void {
    this.rounds = NO_ROUNDS;
  }

  /** What the store keeps out of this round's candidates. */
  exclude(exclusions: Iterable<Exclusion>): void {
    const round = this.rounds.at(-1);
    if (round === undefined) return;
    const excluded = [...round.excluded];
    for (const { accountId, reason } of exclusions) {
      round.excludedCount += 1;
      if (excluded.length < DECISION_NAMES_MAX) excluded.push({ accountId, reason });
    }
    round.excluded = excluded;
  }

  choose(accountId: AccountId, by: ChoiceKind, { isProbe = false, waitedMs = 0 } = {}): void {
    const round = this.rounds.at(-1);
    if (round === undefined) return;
    round.accountId = accountId;
    round.by = by;
    round.isProbe = isProbe;
    round.waitedMs = waitedMs;
  }

  /** An attempt is over. `attemptId` null: it is not billed. */
  noteAttempt(attemptId: AttemptId | null, status: number, error: string | null): void {
    this.status = status;
    this.error = error;
    const round = this.rounds.at(-1);
    if (round === undefined) return;
    round.attemptId = attemptId;
    round.status = status;
    round.error = error;
  }
}

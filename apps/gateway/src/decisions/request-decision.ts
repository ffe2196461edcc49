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

/** What the stages decide about one request, as they go (OPS-9). */
export class RequestDecision implements NotedDetail {
  admittedAfterMs: number | null = null;
  firstContentAfterMs: number | null = null;
  admissionWaitedMs = 0;
  isRouted = false;
  isWarmUp = false;
  readonly rounds: NotedRound[] = [];
  /** Of the last attempt: what the client got, unless a refusal follows. */
  status: number | null = null;
  error: string | null = null;

  /** A look for an account begins: what may serve, and what may not. */
  beginRound(groupId: GroupId, eligible: readonly EligibleAccount[], exclusions: readonly Exclusion[]): void {
    this.rounds.push({
      pool: packLookedAt(groupId, eligible, exclusions),
      excluded: [],
      excludedCount: 0,
      accountId: null,
      by: null,
      waitedMs: 0,
      isProbe: false,
      attemptId: null,
      status: null,
      error: null,
    });
  }

  /** It was but a look: the request begins anew. */
  forgetRounds(): void {
    this.rounds.length = 0;
  }

  /** What the store keeps out of this round's candidates. */
  exclude(exclusions: Iterable<Exclusion>): void {
    const round = this.rounds.at(-1);
    if (round === undefined) return;
    for (const { accountId, reason } of exclusions) {
      round.excludedCount += 1;
      if (round.excluded.length < DECISION_NAMES_MAX) round.excluded.push({ accountId, reason });
    }
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

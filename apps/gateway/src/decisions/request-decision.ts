import type { EligibleAccount } from '@tollgate/accounts';
import {
  DECISION_NAMES_MAX,
  type AccountId,
  type AttemptId,
  type ChoiceKind,
  type DecisionDetail,
  type DecisionRound,
  type GroupId,
} from '@tollgate/core';
import { deriveOnce } from '../derive-once.ts';

/** The same list for the same accounts: it is only read. */
const listNames = deriveOnce((eligible: readonly EligibleAccount[]): readonly AccountId[] =>
  eligible.slice(0, DECISION_NAMES_MAX).map(({ account }) => account.id),
);

interface Exclusion {
  accountId: AccountId;
  reason: string;
}

function isTold({ reason }: Exclusion): boolean {
  return reason === 'already-tried';
}

/** What the stages decide about one request, as they go (OPS-9). */
export class RequestDecision implements DecisionDetail {
  admittedAfterMs: number | null = null;
  firstContentAfterMs: number | null = null;
  admissionWaitedMs = 0;
  isRouted = false;
  isWarmUp = false;
  readonly rounds: DecisionRound[] = [];
  /** Of the last attempt: what the client got, unless a refusal follows. */
  status: number | null = null;
  error: string | null = null;

  /** A look for an account begins: what may serve, and what may not. */
  beginRound(groupId: GroupId, eligible: readonly EligibleAccount[], exclusions: readonly Exclusion[]): void {
    // Earlier rounds tell of these.
    const excluded = exclusions.some(isTold) ? exclusions.filter((each) => !isTold(each)) : exclusions;
    this.rounds.push({
      groupId,
      candidates: listNames(eligible).slice(),
      candidateCount: eligible.length,
      excluded: excluded.slice(0, DECISION_NAMES_MAX),
      excludedCount: excluded.length,
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

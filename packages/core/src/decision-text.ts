import { hash } from 'node:crypto';
import type { DecisionPool, DecisionRecord, NotedDetail, NotedRound, PackedPool } from './decision.ts';

/** A record as text, and the rounds whose pools it names. */
export interface DecisionText {
  line: string;
  rounds: readonly NotedRound[];
}

/** In a line: no text of a line has control characters. */
export const DECISION_NULL = '\u0001';

/** What would end a field or its line, and what is no Unicode text. */
const UNFIT_CHARACTERS = /[\p{Cc}\p{Cs}]/gu;

/** 132 bits: nobody chooses the ids in a pool, so no two of them meet by chance. */
const POOL_ID_LENGTH = 22;

/**
 * A line of fields between tabs, in the order that `write-decisions.ts` of the database knows. Clients choose the
 * name of the model: what a line cannot hold of it becomes U+FFFD.
 */
export function encodeDecisionRecord(record: DecisionRecord): DecisionText {
  const { model, stream, detail } = record;
  const line = [
    record.requestId,
    record.atMs,
    record.nodeId,
    record.userId,
    record.keyId,
    record.groupId,
    record.endpoint,
    record.protocol,
    model === null ? DECISION_NULL : model.replace(UNFIT_CHARACTERS, '\ufffd'),
    stream === null ? DECISION_NULL : encodeFlag(stream),
    record.status,
    record.errorCode ?? DECISION_NULL,
    record.durationMs,
    record.attempts,
    detail.firstContentAfterMs ?? DECISION_NULL,
    encodeTrace(detail),
  ].join('\t');
  return { line, rounds: detail.rounds };
}

/** A text already: a join calls `toString` for a boolean, which costs half as much as all the other fields. */
function encodeFlag(flag: boolean): string {
  return flag ? 't' : 'f';
}

/** What no column has, as JSON without the names of its fields. A new one goes to the end; read by `unpackTrace`. */
function encodeTrace(detail: NotedDetail): string {
  return JSON.stringify([
    detail.admittedAfterMs,
    detail.admissionWaitedMs,
    detail.isRouted,
    detail.isWarmUp,
    detail.rounds.map(packRound),
  ]);
}

/** As `encodeTrace`. */
function packRound(round: NotedRound): unknown[] {
  return [
    round.pool.id,
    round.excluded,
    round.excludedCount,
    round.accountId,
    round.by,
    round.waitedMs,
    round.isProbe,
    round.attemptId,
    round.status,
    round.error,
  ];
}

/** Costs some µs: once for the same pool. */
export function packPool({
  groupId,
  candidates,
  candidateCount,
  excluded,
  excludedCount,
}: DecisionPool): PackedPool {
  const text = JSON.stringify({ groupId, candidates, candidateCount, excluded, excludedCount });
  return { id: hash('sha256', text, 'base64url').slice(0, POOL_ID_LENGTH), text };
}

import type { DecisionDetail, DecisionRecord, DecisionRound } from './decision.ts';

/** A round without the names of its fields: they are half of a record, in its making and in every row. */
type PackedRound = unknown[];

/** As it is stored: rounds in fields, or of an earlier version, with names. */
export type StoredDetail = Omit<DecisionDetail, 'rounds'> & { rounds: (PackedRound | DecisionRound)[] };

const ROUND_FIELDS = 12;

/** JSON: an array of the fields in their order, which `write-decisions.ts` of the database knows. */
export function encodeDecisionRecord(record: DecisionRecord): string {
  return JSON.stringify([
    record.requestId,
    record.atMs,
    record.nodeId,
    record.userId,
    record.keyId,
    record.groupId,
    record.endpoint,
    record.protocol,
    record.model,
    record.stream,
    record.status,
    record.errorCode,
    record.durationMs,
    record.attempts,
    packDetail(record.detail),
  ]);
}

function packDetail(detail: DecisionDetail): StoredDetail {
  const { rounds } = detail;
  const packed: PackedRound[] = [];
  for (const round of rounds) packed.push(packRound(round));
  return {
    admittedAfterMs: detail.admittedAfterMs,
    firstContentAfterMs: detail.firstContentAfterMs,
    admissionWaitedMs: detail.admissionWaitedMs,
    isRouted: detail.isRouted,
    isWarmUp: detail.isWarmUp,
    rounds: packed,
  };
}

/** A new field goes to the end. */
function packRound(round: DecisionRound): PackedRound {
  return [
    round.groupId,
    round.candidates,
    round.candidateCount,
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

/** What {@link encodeDecisionRecord} has made of the detail, or what earlier versions have stored. */
export function unpackDetail(stored: StoredDetail): DecisionDetail {
  return {
    ...stored,
    rounds: stored.rounds.map((round) => (Array.isArray(round) ? unpackRound(round) : round)),
  };
}

function unpackRound(fields: PackedRound): DecisionRound {
  if (fields.length < ROUND_FIELDS) throw new Error(`a round of ${fields.length} fields`);
  // Nobody but `packRound` writes them.
  const [
    groupId,
    candidates,
    candidateCount,
    excluded,
    excludedCount,
    accountId,
    by,
    waitedMs,
    isProbe,
    attemptId,
    status,
    error,
  ] = fields as PackedFields;
  return {
    groupId,
    candidates,
    candidateCount,
    excluded,
    excludedCount,
    accountId,
    by,
    waitedMs,
    isProbe,
    attemptId,
    status,
    error,
  };
}

type PackedFields = [
  DecisionRound['groupId'],
  DecisionRound['candidates'],
  number,
  DecisionRound['excluded'],
  number,
  DecisionRound['accountId'],
  DecisionRound['by'],
  number,
  boolean,
  DecisionRound['attemptId'],
  DecisionRound['status'],
  DecisionRound['error'],
];

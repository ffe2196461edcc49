import {
  DECISION_NAMES_MAX,
  type DecisionChoice,
  type DecisionDetail,
  type DecisionPool,
  type DecisionRound,
  type NotedRound,
} from './decision.ts';

/** Nobody but `encodeDecisionRecord` writes it, or an earlier version of it. */
type Trace = [
  admittedAfterMs: number | null,
  admissionWaitedMs: number,
  isRouted: boolean,
  isWarmUp: boolean,
  rounds: TracedRound[],
];

type TracedRound = [
  poolId: string,
  excluded: NotedRound['excluded'],
  excludedCount: number,
  ...choice: PackedChoice,
];

type PackedChoice = [
  accountId: DecisionChoice['accountId'],
  by: DecisionChoice['by'],
  waitedMs: number,
  isProbe: boolean,
  attemptId: DecisionChoice['attemptId'],
  status: number | null,
  error: string | null,
];

/** The ids of the pools that a trace names. */
export function listTracedPools(trace: string): string[] {
  const [, , , , rounds] = JSON.parse(trace) as Trace;
  return [...new Set(rounds.map(([poolId]) => poolId))];
}

/** `pools`: texts by id. null = one of them is gone, as those of the oldest records may be. */
export function unpackTrace(
  trace: string,
  firstContentAfterMs: number | null,
  pools: ReadonlyMap<string, string>,
): DecisionDetail | null {
  const [admittedAfterMs, admissionWaitedMs, isRouted, isWarmUp, traced] = JSON.parse(trace) as Trace;
  const rounds: DecisionRound[] = [];
  for (const round of traced) {
    const pool = pools.get(round[0]);
    if (pool === undefined) return null;
    rounds.push(unpackTracedRound(round, JSON.parse(pool) as DecisionPool));
  }
  return { admittedAfterMs, firstContentAfterMs, admissionWaitedMs, isRouted, isWarmUp, rounds };
}

function unpackTracedRound(
  [, excluded, excludedCount, ...choice]: TracedRound,
  pool: DecisionPool,
): DecisionRound {
  return {
    ...pool,
    excluded: [...pool.excluded, ...excluded].slice(0, DECISION_NAMES_MAX),
    excludedCount: pool.excludedCount + excludedCount,
    ...unpackChoice(choice),
  };
}

function unpackChoice(fields: PackedChoice): DecisionChoice {
  const [accountId, by, waitedMs, isProbe, attemptId, status, error] = fields;
  return { accountId, by, waitedMs, isProbe, attemptId, status, error };
}

type PackedRound = [
  groupId: DecisionPool['groupId'],
  candidates: DecisionPool['candidates'],
  candidateCount: number,
  excluded: DecisionPool['excluded'],
  excludedCount: number,
  ...choice: PackedChoice,
];

/** As earlier versions have stored it: rounds in fields with their whole pool, or, at first, with names. */
export type StoredDetail = Omit<DecisionDetail, 'rounds'> & { rounds: (PackedRound | DecisionRound)[] };

export function unpackDetail(stored: StoredDetail): DecisionDetail {
  return {
    ...stored,
    rounds: stored.rounds.map((round) => (Array.isArray(round) ? unpackRound(round) : round)),
  };
}

function unpackRound(fields: PackedRound): DecisionRound {
  const [groupId, candidates, candidateCount, excluded, excludedCount, ...choice] = fields;
  return { groupId, candidates, candidateCount, excluded, excludedCount, ...unpackChoice(choice) };
}

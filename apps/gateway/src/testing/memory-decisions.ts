import { DECISION_NULL, unpackTrace, type DecisionText } from '@tollgate/core';

const readNumber = (text: string) => (text === DECISION_NULL ? null : Number(text));
const readText = (text: string) => (text === DECISION_NULL ? null : text);
const readFlag = (text: string) => (text === DECISION_NULL ? null : text === 't');

const FIELDS: readonly (readonly [name: string, read: (text: string) => unknown])[] = [
  ['requestId', readText],
  ['atMs', readNumber],
  ['nodeId', readText],
  ['userId', readText],
  ['keyId', readText],
  ['groupId', readText],
  ['endpoint', readText],
  ['protocol', readText],
  ['model', readText],
  ['stream', readFlag],
  ['status', readNumber],
  ['errorCode', readText],
  ['durationMs', readNumber],
  ['attempts', readNumber],
];

/** The fields of a record by name. */
export function readDecision({ line, rounds }: DecisionText): Record<string, unknown> {
  const fields = line.split('\t');
  const named = Object.fromEntries(FIELDS.map(([name, read], index) => [name, read(fields[index] ?? '')]));
  const [firstContentAfterMs = '', trace = ''] = fields.slice(FIELDS.length);
  const pools = new Map(rounds.map(({ pool }) => [pool.id, pool.text]));
  return { ...named, detail: unpackTrace(trace, readNumber(firstContentAfterMs), pools) };
}

/** Keeps decision records, parsed. */
export class MemoryDecisions {
  readonly records: Record<string, unknown>[] = [];

  add(record: DecisionText): void {
    this.records.push(readDecision(record));
  }
}

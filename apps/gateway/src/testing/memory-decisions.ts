import { unpackDetail, type StoredDetail } from '@tollgate/core';

const FIELDS = [
  'requestId',
  'atMs',
  'nodeId',
  'userId',
  'keyId',
  'groupId',
  'endpoint',
  'protocol',
  'model',
  'stream',
  'status',
  'errorCode',
  'durationMs',
  'attempts',
];

/** The fields of a record by name. */
export function readDecision(text: string): Record<string, unknown> {
  const fields = JSON.parse(text) as unknown[];
  const named = Object.fromEntries(FIELDS.map((name, index) => [name, fields[index]]));
  return { ...named, detail: unpackDetail(fields[FIELDS.length] as StoredDetail) };
}

/** Keeps decision records, parsed. */
export class MemoryDecisions {
  readonly records: Record<string, unknown>[] = [];

  add(record: string): void {
    this.records.push(readDecision(record));
  }
}

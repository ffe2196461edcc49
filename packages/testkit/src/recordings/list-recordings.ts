import { readFileSync } from 'node:fs';
import type { Recording, RecordingEntry } from './recording.ts';

const ROOT = new URL('../../recordings/', import.meta.url);
/** Grows by one name per provider whose recordings are here. */
const PROVIDERS = ['anthropic'];

export interface RecordingFilter {
  /** `anthropic.messages`, `anthropic.count_tokens`, … */
  protocol?: string;
  kind?: RecordingEntry['kind'];
}

/** Recorded upstream conversations, in the order of the index. All of them without a filter. */
export function listRecordings(filter: RecordingFilter = {}): Recording[] {
  return PROVIDERS.flatMap(readIndex)
    .filter((entry) => filter.protocol === undefined || entry.protocol === filter.protocol)
    .filter((entry) => filter.kind === undefined || entry.kind === filter.kind)
    .map(openRecording);
}

function readIndex(provider: string): RecordingEntry[] {
  return JSON.parse(readFileSync(new URL(`${provider}/index.json`, ROOT), 'utf8')) as RecordingEntry[];
}

function openRecording(entry: RecordingEntry): Recording {
  const requestFile = entry.request_file;
  return {
    ...entry,
    headers: entry.headers ?? {},
    readBytes: () => readFileSync(new URL(entry.file, ROOT)),
    readRequestBytes: () => (requestFile === undefined ? null : readFileSync(new URL(requestFile, ROOT))),
  };
}

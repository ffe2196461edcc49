import { readFileSync } from 'node:fs';
import type { Recording, RecordingEntry } from './recording.ts';

const ROOT = new URL('../../recordings/', import.meta.url);
/** One folder with its own index each; `openai-compatible` holds what other vendors send in OpenAI's formats. */
const FOLDERS = ['anthropic', 'openai', 'openai-compatible', 'gemini'];

export interface RecordingFilter {
  /** `anthropic.messages`, `openai.chat`, `openai.responses`, `gemini.generate`, … */
  protocol?: string;
  kind?: RecordingEntry['kind'];
}

/** Recorded upstream conversations, in the order of the index. All of them without a filter. */
export function listRecordings(filter: RecordingFilter = {}): Recording[] {
  return FOLDERS.flatMap(readIndex)
    .filter((entry) => filter.protocol === undefined || entry.protocol === filter.protocol)
    .filter((entry) => filter.kind === undefined || entry.kind === filter.kind)
    .map(openRecording);
}

function readIndex(folder: string): RecordingEntry[] {
  return JSON.parse(readFileSync(new URL(`${folder}/index.json`, ROOT), 'utf8')) as RecordingEntry[];
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

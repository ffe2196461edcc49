import { decodeFactsJson, decodeOutcomeJson, encodeOutcomeJson } from './attempt-json.ts';
import { LINE_BYTES_MAX, LINE_MARK, writeOutcomeLine } from './attempt-line.ts';
import { decodeFactsLine, decodeOutcomeLine } from './decode-attempt-line.ts';
import type { AttemptFacts, AttemptOutcome } from './usage.ts';

/** Closed attempts on their way to the books, first closed first. */
export interface AttemptBatch {
  readonly count: number;
  /** One text an attempt, see {@link encodeOutcome}, with a line feed between two. */
  readonly text: string;
}

const scratch = Buffer.allocUnsafe(LINE_BYTES_MAX);

/** An outcome as one line of text that loses nothing: fields between tabs where that can be, else JSON. */
export function encodeOutcome(outcome: AttemptOutcome): string {
  const end = writeOutcomeLine(outcome, scratch, 0);
  return end < 0 ? encodeOutcomeJson(outcome) : scratch.toString('utf8', 0, end);
}

/** null = this text is no facts of a version that we know. */
export function decodeFacts(text: string): AttemptFacts | null {
  return text.startsWith(LINE_MARK) ? decodeFactsLine(text) : decodeFactsJson(text);
}

/** null = this text is no outcome of a version that we know. */
export function decodeOutcome(text: string): AttemptOutcome | null {
  return text.startsWith(LINE_MARK) ? decodeOutcomeLine(text) : decodeOutcomeJson(text);
}

export function buildAttemptBatch(texts: readonly string[]): AttemptBatch {
  return { count: texts.length, text: texts.join('\n') };
}

/** The texts of the attempts in `batch`. */
export function splitAttemptBatch(batch: AttemptBatch): string[] {
  return batch.count === 0 ? [] : batch.text.split('\n');
}

import { decodeFactsJson, decodeOutcomeJson, encodeFactsJson, encodeOutcomeJson } from './attempt-json.ts';
import { buildFactsLine, buildOutcomeLine, LINE_MARK, writeOutcomeLine } from './attempt-line.ts';
import { decodeFactsLine, decodeOutcomeLine, isAttemptLine } from './decode-attempt-line.ts';
import type { AttemptFacts, AttemptOutcome } from './usage.ts';

/** Closed attempts on their way to the books, first closed first. */
export interface AttemptBatch {
  readonly count: number;
  /** One text an attempt, see {@link encodeOutcome}, with a line feed between two. */
  readonly text: string;
}

/** Like {@link encodeOutcome}. */
export function encodeFacts(facts: AttemptFacts): string {
  return buildFactsLine(facts) ?? encodeFactsJson(facts);
}

/** An outcome as one line of text that loses nothing: fields between tabs where that can be, else JSON. */
export function encodeOutcome(outcome: AttemptOutcome): string {
  return buildOutcomeLine(outcome) ?? encodeOutcomeJson(outcome);
}

/**
 * Writes what {@link encodeOutcome} gives at `at` of `bytes`, where `LINE_BYTES_MAX` bytes are free, and returns
 * where it ends; -1 = it is no line. `factsText` is what {@link encodeFacts} has made of exactly its facts.
 */
export function writeOutcome(outcome: AttemptOutcome, factsText: string, bytes: Buffer, at: number): number {
  return factsText.startsWith(LINE_MARK) ? writeOutcomeLine(outcome, factsText, bytes, at) : -1;
}

/** null = this text is no facts of a version that we know. */
export function decodeFacts(text: string): AttemptFacts | null {
  return isAttemptLine(text) ? decodeFactsLine(text) : decodeFactsJson(text);
}

/** null = this text is no outcome of a version that we know. */
export function decodeOutcome(text: string): AttemptOutcome | null {
  return isAttemptLine(text) ? decodeOutcomeLine(text) : decodeOutcomeJson(text);
}

export function buildAttemptBatch(texts: readonly string[]): AttemptBatch {
  return { count: texts.length, text: texts.join('\n') };
}

/** The texts of the attempts in `batch`. */
export function splitAttemptBatch(batch: AttemptBatch): string[] {
  return batch.count === 0 ? [] : batch.text.split('\n');
}

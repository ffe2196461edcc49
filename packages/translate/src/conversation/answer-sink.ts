import type { AnswerEnd } from './answer.ts';

/**
 * What a stream reader tells a stream writer. Order: `begin`, then blocks one after the other (an `open…`, its
 * `add…` calls, `close`), then `finish` once. Readers of protocols that interleave blocks put them in a row first.
 */
export interface AnswerSink {
  /** Once, before all else. `id`: the upstream's; null = it gave none. */
  begin(id: string | null): void;
  openText(): void;
  addText(text: string): void;
  /** The model's own words on why it will not answer. */
  openRefusal(): void;
  addRefusal(text: string): void;
  openThinking(): void;
  addThinking(text: string): void;
  /** `id` null = the upstream gave none: the writer makes one. */
  openToolCall(id: string | null, name: string): void;
  /** A piece of the arguments' JSON text; all pieces together are one object, no piece at all is `{}`. */
  addArguments(json: string): void;
  close(): void;
  /** The whole answer has come: the writer says all that its protocol says at an end. */
  finish(end: AnswerEnd): void;
}

/** Reads an upstream's stream, cut anywhere, into a sink. Never throws. */
export interface AnswerReader {
  push(chunk: Buffer): void;
  /** The upstream closed the stream: `finish` is told now at the latest, if the answer is whole. */
  end(): void;
  /** The answer is whole so far: were the stream to close now, it would be a success. */
  readonly isComplete: boolean;
}

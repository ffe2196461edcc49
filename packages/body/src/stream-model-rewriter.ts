import type { AnswerModelRewriter } from './answer-model-rewriter.ts';
import { CARRIAGE_RETURN, LINE_FEED } from './ascii.ts';
import { JsonModelFinder, type ModelEdit, type ModelPath } from './json-model-finder.ts';

const NOTHING: Buffer = Buffer.alloc(0);
const DATA = Buffer.from('data:');

/** `sse`: each event's data is a JSON text; `array`: the stream is one JSON array. */
export type RewrittenFraming = 'sse' | 'array';

/**
 * Replaces the model in each event of a stream of OpenAI or Google, at `path` of its JSON; all other bytes pass as
 * they are, and nothing is held back, whatever the cuts between chunks.
 */
export function createStreamModelRewriter(
  path: ModelPath,
  newModel: string,
  framing: RewrittenFraming,
): AnswerModelRewriter {
  const finder = new JsonModelFinder(path, framing === 'array');
  const lines = framing === 'sse' ? new DataLines(finder) : null;
  const token = Buffer.from(JSON.stringify(newModel));
  return {
    push(chunk) {
      const edits: ModelEdit[] = [];
      if (lines === null) finder.find(chunk, 0, chunk.length, edits);
      else lines.find(chunk, edits);
      return edits.length === 0 ? chunk : applyEdits(chunk, edits, token);
    },
    end: () => NOTHING,
  };
}

function applyEdits(chunk: Buffer, edits: readonly ModelEdit[], token: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end, isStart } of edits) {
    parts.push(chunk.subarray(from, start));
    if (isStart) parts.push(token);
    from = end;
  }
  parts.push(chunk.subarray(from));
  return Buffer.concat(parts);
}

/** Gives the finder what stands behind `data:`. */
class DataLines {
  readonly #finder: JsonModelFinder;
  /** Of the open line: `start` while it may still become a data line. */
  #line: 'start' | 'data' | 'other' = 'start';
  /** Bytes of the open line's name that fit `data:`. */
  #nameBytes = 0;
  #isAfterReturn = false;

  constructor(finder: JsonModelFinder) {
    this.#finder = finder;
  }

  find(chunk: Buffer, edits: ModelEdit[]): void {
    let at = 0;
    while (at < chunk.length) {
      const end = findLineEnd(chunk, at);
      if (end > at) this.#findInLine(chunk, at, end, edits);
      if (end < chunk.length) this.#endLine(chunk[end] ?? 0);
      at = end + 1;
    }
  }

  #findInLine(chunk: Buffer, from: number, to: number, edits: ModelEdit[]): void {
    this.#isAfterReturn = false;
    let at = from;
    for (; this.#line === 'start' && at < to; at += 1) {
      if (chunk[at] !== DATA[this.#nameBytes]) this.#line = 'other';
      else this.#nameBytes += 1;
      if (this.#nameBytes === DATA.length) this.#line = 'data';
    }
    if (this.#line === 'data') this.#finder.find(chunk, at, to, edits);
  }

  /** A blank line ends the event. */
  #endLine(byte: number): void {
    const isSecondHalf = byte === LINE_FEED && this.#isAfterReturn;
    this.#isAfterReturn = byte === CARRIAGE_RETURN;
    if (isSecondHalf) return;
    if (this.#line === 'start' && this.#nameBytes === 0) this.#finder.reset();
    this.#line = 'start';
    this.#nameBytes = 0;
  }
}

function findLineEnd(chunk: Buffer, from: number): number {
  let at = from;
  while (at < chunk.length && chunk[at] !== LINE_FEED && chunk[at] !== CARRIAGE_RETURN) at += 1;
  return at;
}

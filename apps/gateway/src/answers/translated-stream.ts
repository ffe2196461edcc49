import type { AnswerStream } from './answer-form.ts';

/** One step of a stream on its way: an envelope that is taken off, a translator, a name that is put back. */
export interface StreamPart {
  push(chunk: Buffer): Buffer;
  /** The stream is over: what it holds. */
  end(): Buffer;
  /** Of a translator: a whole answer has come. */
  readonly isComplete?: boolean;
}

const NO_BYTES: Buffer = Buffer.alloc(0);

/** What the upstream sends goes through all parts, one behind the other. */
export class TranslatedStream implements AnswerStream {
  readonly #parts: readonly StreamPart[];

  constructor(parts: readonly StreamPart[]) {
    this.#parts = parts;
  }

  push(chunk: Buffer): Buffer {
    let bytes = chunk;
    for (const part of this.#parts) bytes = part.push(bytes);
    return bytes;
  }

  /** An answer that is not whole must not look like one. */
  end(): Buffer | null {
    let bytes = NO_BYTES;
    for (const part of this.#parts) bytes = Buffer.concat([part.push(bytes), part.end()]);
    return this.#parts.every(({ isComplete = true }) => isComplete) ? bytes : null;
  }

  /** Only whole events have been written; what the parts hold is none. */
  flush(): Buffer {
    return NO_BYTES;
  }
}

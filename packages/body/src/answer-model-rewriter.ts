import { EVENT_HEAD_BYTES_MAX, classifyEventHead } from './classify-event-head.ts';
import { EventBoundary } from './find-event-end.ts';
import { rewriteMessageStart } from './rewrite-message-start.ts';

/** A `message_start` that grows over this is passed on as it is. Real ones have some 500 bytes. */
export const HELD_BYTES_MAX = 65_536;

const NOTHING = Buffer.alloc(0);
const HELD_BYTES_INITIAL = 1024;

export interface AnswerModelRewriter {
  /** Bytes to send on now; may be empty. The chunk's own memory where nothing had to be held: send or copy. */
  push(chunk: Buffer): Buffer;
  /** The stream is over: what is still held, as it came. */
  end(): Buffer;
}

/**
 * Replaces `message.model` in the `message_start` events of an Anthropic stream; all other bytes pass as they
 * are, whatever the cuts between chunks. Held back are only a `message_start` until it is whole, and the
 * first bytes of an event while they may still become one.
 */
export function createAnswerModelRewriter(newModel: string): AnswerModelRewriter {
  return new StreamModelRewriter(newModel);
}

class StreamModelRewriter implements AnswerModelRewriter {
  readonly #newModel: string;
  readonly #boundary = new EventBoundary();
  /** What the open event is known to be. */
  #open: 'more' | 'message-start' | 'other' = 'more';
  #held = NOTHING;
  #heldBytes = 0;

  constructor(newModel: string) {
    this.#newModel = newModel;
  }

  push(chunk: Buffer): Buffer {
    const out: Buffer[] = [];
    // Bytes from here to `at` pass untouched, in one piece.
    let passFrom = 0;
    let at = this.#isBetweenEvents() ? this.#boundary.takeLineFeed(chunk, 0) : 0;
    while (at < chunk.length) {
      const end = this.#boundary.findEnd(chunk, at);
      const stop = end === -1 ? chunk.length : end;
      const part = chunk.subarray(at, stop);
      if (!this.#isPassing(part)) {
        if (at > passFrom) out.push(chunk.subarray(passFrom, at));
        out.push(this.#takeHeld(part, end !== -1));
        passFrom = stop;
      }
      if (end !== -1) this.#open = 'more';
      at = stop;
    }
    if (passFrom === 0) return chunk;
    if (passFrom < chunk.length) out.push(chunk.subarray(passFrom));
    return out.length === 1 ? (out[0] ?? NOTHING) : Buffer.concat(out);
  }

  end(): Buffer {
    return this.#flush();
  }

  #isBetweenEvents(): boolean {
    return this.#open === 'more' && this.#heldBytes === 0;
  }

  /** Most events are seen to be no message_start at first sight, and are never copied. */
  #isPassing(part: Buffer): boolean {
    if (this.#isBetweenEvents()) {
      this.#open = classifyEventHead(part.toString('latin1', 0, Math.min(part.length, EVENT_HEAD_BYTES_MAX)));
    }
    return this.#open === 'other';
  }

  #takeHeld(part: Buffer, isWhole: boolean): Buffer {
    this.#hold(part);
    if (this.#open === 'more') {
      const headBytes = Math.min(this.#heldBytes, EVENT_HEAD_BYTES_MAX);
      this.#open = classifyEventHead(this.#held.toString('latin1', 0, headBytes));
      // Without this, a head that never decides would be looked at again with each byte that comes.
      if (this.#open === 'more' && headBytes === EVENT_HEAD_BYTES_MAX) this.#open = 'other';
    }
    if (isWhole && this.#open === 'message-start') return rewriteMessageStart(this.#flush(), this.#newModel);
    if (this.#heldBytes > HELD_BYTES_MAX) this.#open = 'other';
    return isWhole || this.#open === 'other' ? this.#flush() : NOTHING;
  }

  /** Copies, as the caller may use the chunk's memory again; doubles, so that one-byte chunks stay cheap. */
  #hold(part: Buffer): void {
    const needed = this.#heldBytes + part.length;
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#held.length * 2, HELD_BYTES_INITIAL));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    part.copy(this.#held, this.#heldBytes);
    this.#heldBytes = needed;
  }

  #flush(): Buffer {
    const flushed = this.#held.subarray(0, this.#heldBytes);
    this.#held = NOTHING;
    this.#heldBytes = 0;
    return flushed;
  }
}

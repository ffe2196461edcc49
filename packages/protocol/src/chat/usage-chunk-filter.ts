import { isObject, parseObject } from '../json/json-object.ts';
import { EventEndFinder } from '../sse/event-end-finder.ts';
import { SseTap } from '../sse/sse-tap.ts';

const NOTHING: Buffer = Buffer.alloc(0);
/** The chunk with the usage has some 500 bytes; what grows over this is another, and passes as it comes. */
const HELD_BYTES_MAX = 16 * 1024;
const OPEN_BRACKET = 91;
const LOOK_BYTES = 32;
const EMPTY_LIST = /^\[\s*\]/u;
const CHOICES_KEY = /"choices"\s*:\s*$/u;

export interface UsageChunkFilter {
  /** Bytes to send on now; may be empty. The chunk's own memory where nothing had to be held: send or copy. */
  push(chunk: Buffer): Buffer;
  /** The stream is over: what is still held. */
  end(): Buffer;
}

/**
 * [MON-8] Keeps the chunk that `include_usage` adds (`"choices":[]` with a `usage`) from a client that did not ask for
 * it. All other bytes pass untouched, whatever the cut. Held back is only an event until it is whole.
 */
export function createUsageChunkFilter(): UsageChunkFilter {
  return new ChunkFilter();
}

class ChunkFilter implements UsageChunkFilter {
  #held = NOTHING;
  /** The open event is too large to be the one that is looked for: it passes as it comes. */
  #isPassing = false;
  readonly #ends = new EventEndFinder();

  push(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const kept: Buffer[] = [];
    let from = 0;
    let at = this.#held.length;
    this.#held = NOTHING;
    for (let end = this.#ends.find(bytes, at); end !== -1; end = this.#ends.find(bytes, at)) {
      if (this.#isPassing || !isUsageEvent(bytes.subarray(from, end))) kept.push(bytes.subarray(from, end));
      this.#isPassing = false;
      from = end;
      at = end;
    }
    this.#keepOpen(bytes.subarray(from), kept);
    return joinParts(kept);
  }

  end(): Buffer {
    const held = this.#held;
    this.#held = NOTHING;
    return isUsageEvent(held) ? NOTHING : held;
  }

  #keepOpen(open: Buffer, kept: Buffer[]): void {
    this.#isPassing ||= open.length > HELD_BYTES_MAX;
    if (this.#isPassing) kept.push(open);
    else this.#held = Buffer.from(open);
  }
}

function joinParts(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? (parts[0] ?? NOTHING) : Buffer.concat(parts);
}

function isUsageEvent(event: Buffer): boolean {
  if (!hasEmptyChoices(event)) return false;
  const chunk = parseObject(readData(event));
  if (chunk === null || chunk['error'] !== undefined) return false;
  return Array.isArray(chunk['choices']) && chunk['choices'].length === 0 && isObject(chunk['usage']);
}

/** A cheap first look: chunks have few brackets, and those of an empty list stand together. */
function hasEmptyChoices(event: Buffer): boolean {
  for (let at = event.indexOf(OPEN_BRACKET); at !== -1; at = event.indexOf(OPEN_BRACKET, at + 1)) {
    if (!EMPTY_LIST.test(event.toString('latin1', at, at + LOOK_BYTES))) continue;
    if (CHOICES_KEY.test(event.toString('latin1', Math.max(0, at - LOOK_BYTES), at))) return true;
  }
  return false;
}

function readData(event: Buffer): Buffer {
  let data = NOTHING;
  const tap = new SseTap({
    selectDataBytesMax: () => HELD_BYTES_MAX,
    onEvent: (_name, bytes) => {
      data = Buffer.from(bytes);
    },
    onForeignLine: () => {},
  });
  tap.push(event);
  tap.end();
  return data;
}

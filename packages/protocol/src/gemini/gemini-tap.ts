import { JsonSplitter } from '../json/json-splitter.ts';
import { SseTap } from '../sse/sse-tap.ts';

/** Buffers are only valid until the call returns. */
export interface GeminiTapHandler {
  /** A whole response object, or an error. Same arguments as of SseTapHandler.onEvent. */
  onResponse(data: Buffer, dataBytes: number, startAt: number, isCut: boolean): void;
  /** Bytes that belong to none of the framings. */
  onForeign(): void;
}

/** `sse` with `alt=sse`; else one JSON array; `object`: a bare JSON object, as errors come. */
export type GeminiFraming = 'sse' | 'array' | 'object';

/** Generated images come as base64 inside one object, with the usage behind them. */
const OBJECT_BYTES_MAX = 64 << 20;
const LF = Buffer.of(10);
const BOM = [0xef, 0xbb, 0xbf];
const OPEN_BRACKET = 91;
const OPEN_BRACE = 123;

/**
 * Reads the response objects out of a Gemini stream that passes by, cut anywhere. The first byte tells the framing.
 * Inside SSE a bare JSON object is read too: so Google's servers and its own client write and read errors.
 */
export class GeminiTap {
  readonly #handler: GeminiTapHandler;
  readonly #sse: SseTap;
  readonly #json: JsonSplitter;
  /** Bare JSON among SSE lines. */
  #bare: JsonSplitter | null = null;
  #bareAt = 0;
  #framing: GeminiFraming | null = null;
  #leadBytes = 0;

  constructor(handler: GeminiTapHandler) {
    this.#handler = handler;
    this.#sse = new SseTap({
      selectDataBytesMax: () => OBJECT_BYTES_MAX,
      onEvent: (_name, data, dataBytes, startAt, isCut) =>
        handler.onResponse(data, dataBytes, startAt + this.#leadBytes, isCut),
      onForeignLine: () => handler.onForeign(),
      onForeignText: (line, startAt) => this.#readBareLine(line, startAt),
    });
    this.#json = new JsonSplitter(
      {
        onObject: (data, dataBytes, startAt, isCut) =>
          handler.onResponse(data, dataBytes, startAt + this.#leadBytes, isCut),
        onForeign: () => handler.onForeign(),
      },
      OBJECT_BYTES_MAX,
    );
  }

  /** null while nothing but white space has come. */
  get framing(): GeminiFraming | null {
    return this.#framing;
  }

  /** The array has ended. */
  get isClosed(): boolean {
    return this.#json.isClosed;
  }

  push(chunk: Buffer): void {
    const at = this.#framing === null ? this.#findStart(chunk) : 0;
    if (at === chunk.length) return;
    const rest = at === 0 ? chunk : chunk.subarray(at);
    if (this.#framing === 'sse') this.#sse.push(rest);
    else this.#json.push(rest);
  }

  end(): void {
    if (this.#framing === 'sse') this.#sse.end();
  }

  /** White space and a byte order mark in front tell nothing. */
  #findStart(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && isLead(chunk[at] ?? 0, this.#leadBytes + at)) at += 1;
    this.#leadBytes += at;
    const byte = chunk[at];
    if (byte === undefined) return at;
    if (byte === OPEN_BRACKET) this.#framing = 'array';
    else this.#framing = byte === OPEN_BRACE ? 'object' : 'sse';
    return at;
  }

  #readBareLine(line: Buffer, startAt: number): void {
    if (this.#bare === null) {
      this.#bareAt = startAt + this.#leadBytes;
      this.#bare = this.#createBareReader();
    }
    this.#bare.push(line);
    this.#bare?.push(LF);
  }

  #createBareReader(): JsonSplitter {
    return new JsonSplitter(
      {
        onObject: (data, dataBytes, startAt, isCut) =>
          this.#handler.onResponse(data, dataBytes, this.#bareAt + startAt, isCut),
        onForeign: () => {
          // The next foreign line may begin an object again.
          this.#bare = null;
          this.#handler.onForeign();
        },
      },
      OBJECT_BYTES_MAX,
    );
  }
}

function isLead(byte: number, offset: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9 || byte === BOM[offset];
}

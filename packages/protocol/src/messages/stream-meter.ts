import type { MeteredUsage } from '@tollgate/core';
import type { ProtocolStreamMeter } from '../meters/stream-meter.ts';
import { SseTap, type SseTapHandler } from '../sse/sse-tap.ts';
import { measureDeltaBytes } from './delta-bytes.ts';
import { readMessagesError, type MessagesUpstreamError } from './upstream-error.ts';
import { isObject, parseObject } from '../json/json-object.ts';
import { MessagesUsageFold } from './usage-fold.ts';

/** Watches one Messages stream while its bytes are relayed: content is content_block_start or later. */
export type MessagesStreamMeter = ProtocolStreamMeter;

/** Usage events are a few hundred bytes; this leaves room for long lists of iterations. */
const PARSED_BYTES_MAX = 1 << 20;
/** Enough of a delta to find where its text begins. */
const COUNTED_BYTES_MAX = 256;
const CLOSE_BRACE = 0x7d;

export function createMessagesStreamMeter(): MessagesStreamMeter {
  return new StreamMeter();
}

class StreamMeter implements MessagesStreamMeter, SseTapHandler {
  readonly #fold = new MessagesUsageFold();
  /** null = nothing has come: a plain answer never has a stream, and pays for none. */
  #tap: SseTap | null = null;
  #hasStarted = false;
  firstContentAt: number | null = null;
  error: MessagesUpstreamError | null = null;
  isComplete = false;
  isBroken = false;
  outputBytes = 0;

  get hasContent(): boolean {
    return this.firstContentAt !== null;
  }

  get isFinished(): boolean {
    return this.isComplete;
  }

  get irregular(): number {
    return this.#fold.irregular;
  }

  push(chunk: Buffer): void {
    this.#tap ??= new SseTap(this);
    this.#tap.push(chunk);
  }

  end(): void {
    this.#tap?.end();
    if (this.error === null) this.#breakUnlessStarted();
  }

  usage(): MeteredUsage | null {
    return this.#fold.read();
  }

  selectDataBytesMax(eventName: string): number {
    switch (eventName) {
      case '':
      case 'message_start':
      case 'message_delta':
      case 'error':
        return PARSED_BYTES_MAX;
      default:
        return COUNTED_BYTES_MAX;
    }
  }

  onForeignLine(): void {
    this.#breakUnlessStarted();
  }

  onEvent(name: string, data: Buffer, dataBytes: number, startAt: number, isCut: boolean): void {
    // Nothing counts behind an error, so that the cut of the bytes cannot matter.
    if (this.error !== null) return;
    switch (name === '' ? sniffEventType(data) : name) {
      case 'content_block_delta':
        this.outputBytes += measureDeltaBytes(data, dataBytes, isCut);
        this.#noteContent(startAt);
        break;
      case 'content_block_start':
      case 'content_block_stop':
        this.#noteContent(startAt);
        break;
      case 'message_start':
        this.#readMessageStart(data);
        break;
      case 'message_delta':
        this.#readMessageDelta(data);
        this.#noteContent(startAt);
        break;
      case 'message_stop':
        // The connection may break inside the event: then its name alone is no end.
        this.isComplete = this.#hasStarted && isObjectEnd(data);
        this.#noteContent(startAt);
        break;
      case 'error':
        // Behind the end of the message it harms nobody.
        if (this.isComplete) return;
        this.error = readMessagesError(data) ?? { type: 'api_error', message: '', status: 500 };
        break;
      case 'ping':
        break;
      default:
        // New event types must pass; but a stream cannot begin with what is no JSON object.
        if (!isJsonObjectStart(data)) this.#breakUnlessStarted();
    }
  }

  #readMessageStart(data: Buffer): void {
    const event = parseObject(data);
    const message = event?.['message'];
    if (!isObject(message)) {
      this.#fold.noteIrregular();
      this.#breakUnlessStarted();
      return;
    }
    this.#hasStarted ||= !this.isBroken;
    // Some streams carry a second message behind the first.
    this.isComplete = false;
    this.#fold.noteModel(message['model']);
    this.#fold.add(message['usage']);
  }

  #readMessageDelta(data: Buffer): void {
    const event = parseObject(data);
    if (event === null) this.#fold.noteIrregular();
    else this.#fold.add(event['usage']);
  }

  #noteContent(startAt: number): void {
    if (!this.#hasStarted) this.#breakUnlessStarted();
    else this.firstContentAt ??= startAt;
  }

  #breakUnlessStarted(): void {
    this.isBroken ||= !this.#hasStarted;
  }
}

/** The type of an event that has no `event:` line; some Anthropic-compatible upstreams leave it out. */
function sniffEventType(data: Buffer): string {
  const head = data.toString('latin1', 0, 64);
  const match = /^\s*\{\s*"type"\s*:\s*"(\w+)"/.exec(head);
  if (match?.[1] !== undefined) return match[1];
  const event = parseObject(data);
  if (typeof event?.['type'] === 'string') return event['type'];
  return isObject(event?.['error']) ? 'error' : '';
}

function isObjectEnd(data: Buffer): boolean {
  return data.at(-1) === CLOSE_BRACE || data.toString('latin1').trimEnd().endsWith('}');
}

function isJsonObjectStart(data: Buffer): boolean {
  return data.toString('latin1', 0, 64).trimStart().startsWith('{');
}

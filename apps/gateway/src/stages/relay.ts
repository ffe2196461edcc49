import type { AnswerModelRewriter } from '@tollgate/body';
import { TollgateError, type Clock } from '@tollgate/core';
import type { StreamSink } from '@tollgate/forward';
import {
  buildClientError,
  readMessagesError,
  readUpstreamError,
  type UsageChunkFilter,
} from '@tollgate/protocol';
import type { RequestContext } from '../request-context.ts';

const NO_BYTES: Buffer = Buffer.alloc(0);
const NO_STREAM = { message: 'The upstream did not answer with a stream.' };

/**
 * The client's end of one attempt. Bytes pass untouched; only where the account maps the model is the name in
 * the answer put back to what the client asked for (API-2).
 */
export class Relay implements StreamSink {
  readonly #context: RequestContext;
  readonly #clock: Clock;
  readonly #model: string;
  readonly #isRenamed: boolean;
  #rewriter: AnswerModelRewriter | null = null;
  #filter: UsageChunkFilter | null = null;
  /** Monotonic ms of the first content that went to the client; null = none has. */
  firstContentAtMs: number | null = null;
  /** The bytes that end the answer, held until `end`. null = the end is not near. */
  #last: Buffer | null = null;
  /** The upstream's own id of the answer that was passed on. */
  upstreamRequestId: string | null = null;

  constructor(context: RequestContext, upstreamModel: string, clock: Clock) {
    this.#context = context;
    this.#clock = clock;
    this.#model = context.parsed.scan.model;
    this.#isRenamed = upstreamModel !== this.#model;
  }

  startStream(status: number, headers: Record<string, string>): void {
    this.firstContentAtMs = this.#clock.monotonicMs();
    this.upstreamRequestId = headers[this.#context.dialect.requestIdHeader] ?? null;
    const { dialect, parsed } = this.#context;
    if (this.#isRenamed) this.#rewriter = dialect.createRewriter(this.#model);
    this.#filter = dialect.createFilter(parsed.body, parsed.scan);
    this.#context.stopKeepAlive();
    // A ping may have begun the stream: its head is out.
    if (this.#context.writer.state === 'idle')
      this.#context.writer.startStream(status, this.#buildHeaders(status, headers));
  }

  write(chunk: Buffer): boolean {
    const named = this.#rewriter === null ? chunk : this.#rewriter.push(chunk);
    const bytes = this.#filter === null ? named : this.#filter.push(named);
    this.#context.arrayState?.push(bytes);
    if (this.#last === null) return this.#context.writer.write(bytes);
    this.#last = Buffer.concat([this.#last, bytes]);
    return true;
  }

  /** What is written from now on ends the answer: it is kept, to go out in one piece with the end. */
  expectEnd(): void {
    this.#last = NO_BYTES;
  }

  /** The stream is over and whole. */
  end(): void {
    const last = this.#last ?? NO_BYTES;
    const held = this.#takeHeld();
    this.#context.writer.end(held.length === 0 ? last : Buffer.concat([last, held]));
  }

  /** The stream broke off: what was held back goes out as it came. */
  flush(): void {
    const held = this.#takeHeld();
    if (held.length > 0) this.#context.writer.write(held);
  }

  #takeHeld(): Buffer {
    const held = this.#rewriter?.end() ?? NO_BYTES;
    if (this.#filter === null) return held;
    const passed = this.#filter.push(held);
    return Buffer.concat([passed, this.#filter.end()]);
  }

  /** A whole answer, plain or the upstream's own error. */
  send(status: number, headers: Record<string, string>, body: Buffer): void {
    const bytes =
      this.#isRenamed && status < 400 ? this.#context.dialect.rewriteAnswer(body, this.#model) : body;
    this.#context.stopKeepAlive();
    if (this.#context.writer.state === 'streaming') return this.#sendIntoStream(status, bytes);
    this.#context.writer.send(status, this.#buildHeaders(status, headers), bytes);
  }

  /** LIM-6: a ping has begun a stream, so what the upstream says as a whole goes out as an error event. */
  #sendIntoStream(status: number, body: Buffer): void {
    const { writer, dialect } = this.#context;
    if (dialect.protocol === 'messages' && status >= 400 && readMessagesError(body) !== null) {
      writer.write(encodeErrorEvent(body));
      return writer.end();
    }
    const report = status < 400 ? null : readUpstreamError(dialect.protocol, body, status);
    writer.sendError(
      report === null ? new TollgateError('upstream_error', NO_STREAM) : buildClientError(report),
    );
  }

  #buildHeaders(status: number, headers: Record<string, string>): Record<string, string> {
    return {
      ...this.#context.dialect.selectResponseHeaders(headers, status),
      ...this.#context.answerHeaders,
      'x-tollgate-attempts': String(this.#context.attempts),
    };
  }
}

/** Anthropic's body is the event's data; on one line, whatever its layout. */
function encodeErrorEvent(body: Buffer): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify(JSON.parse(body.toString()))}\n\n`);
}

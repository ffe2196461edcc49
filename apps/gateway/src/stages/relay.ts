import { TollgateError, type Clock } from '@tollgate/core';
import type { StreamSink } from '@tollgate/forward';
import { buildClientError, readMessagesError, readUpstreamError } from '@tollgate/protocol';
import type { AnswerForm, AnswerStream } from '../answers/answer-form.ts';
import { PassingAnswer } from '../answers/passing-answer.ts';
import { TranslatedAnswer } from '../answers/translated-answer.ts';
import type { StreamChecks } from '../conformance/stream-checks.ts';
import type { RequestContext } from '../request-context.ts';
import type { StreamOnlyCall } from '../translation/stream-only-call.ts';
import type { Translation } from '../translation/translation.ts';

const NO_BYTES: Buffer = Buffer.alloc(0);
const NO_STREAM = { message: 'The upstream did not answer with a stream.' };
const NOT_WHOLE = { message: 'The answer of the upstream was not whole.' };

/** The attempt whose answer is relayed. */
export interface RelayedAttempt {
  upstreamModel: string;
  /** null = client and upstream speak the same. */
  translation: Translation | null;
  /** null = the upstream answers as it is asked. */
  streamOnly: StreamOnlyCall | null;
}

/** The client's end of one attempt: order, held bytes and headers; what the bytes become is the answer form's. */
export class Relay implements StreamSink {
  readonly #context: RequestContext;
  readonly #clock: Clock;
  readonly #form: AnswerForm;
  readonly #requestIdHeader: string;
  readonly #isTranslated: boolean;
  readonly #checks: Pick<StreamChecks, 'watch'> | null;
  #stream: AnswerStream | null = null;
  /** Monotonic ms of the first content that went to the client; null = none has. */
  firstContentAtMs: number | null = null;
  /** The bytes that end the answer, held until `end`. null = the end is not near. */
  #last: Buffer | null = null;
  /** A plain answer, as the client will get it. */
  #answer: Buffer | null = null;
  /** The upstream's own id of the answer that was passed on. */
  upstreamRequestId: string | null = null;

  /** `checks` null: no stream of this answer is looked at. */
  constructor(
    context: RequestContext,
    { upstreamModel, translation, streamOnly }: RelayedAttempt,
    clock: Clock,
    checks: Pick<StreamChecks, 'watch'> | null = null,
  ) {
    this.#context = context;
    this.#clock = clock;
    this.#checks = checks;
    this.#isTranslated = translation !== null;
    this.#requestIdHeader = (translation?.call.dialect ?? context.dialect).requestIdHeader;
    this.#form =
      translation === null
        ? new PassingAnswer(context, upstreamModel, streamOnly)
        : new TranslatedAnswer(
            streamOnly === null ? translation : addDropped(translation, streamOnly),
            { dialect: context.dialect, model: context.parsed.scan.model },
            () => clock.nowMs(),
          );
  }

  startStream(status: number, headers: Record<string, string>): void {
    this.firstContentAtMs = this.#clock.monotonicMs();
    this.upstreamRequestId = headers[this.#requestIdHeader] ?? null;
    const stream = this.#form.createStream();
    this.#stream = this.#checks ? this.#checks.watch(stream, this.#context, this.#isTranslated) : stream;
    this.#context.stopKeepAlive();
    // A ping may have begun the stream: its head is out.
    if (this.#context.writer.state === 'idle')
      this.#context.writer.startStream(status, this.#buildHeaders(status, headers));
  }

  write(chunk: Buffer): boolean {
    const bytes = this.#stream === null ? chunk : this.#stream.push(chunk);
    this.#context.arrayState?.push(bytes);
    this.#context.responsesState?.push(bytes);
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
    const held = this.#stream === null ? NO_BYTES : this.#stream.end();
    if (held !== null)
      return this.#context.writer.end(held.length === 0 ? last : Buffer.concat([last, held]));
    this.#context.writer.write(last);
    this.#context.writer.sendError(new TollgateError('upstream_error', NOT_WHOLE));
  }

  /** The stream broke off: what was held back goes out as it came. */
  flush(): void {
    const held = this.#stream?.flush() ?? NO_BYTES;
    if (held.length > 0) this.#context.writer.write(held);
  }

  /** Whether a plain answer can be given to the client; before the attempt is closed. */
  takeAnswer(body: Buffer): boolean {
    this.#answer = this.#form.takeAnswer(body);
    return this.#answer !== null;
  }

  /** The plain answer that was taken. */
  sendAnswer(status: number, headers: Record<string, string>): void {
    this.#context.stopKeepAlive();
    const { writer } = this.#context;
    if (writer.state === 'streaming') return writer.sendError(new TollgateError('upstream_error', NO_STREAM));
    writer.send(status, this.#buildHeaders(status, headers), this.#answer ?? NO_BYTES);
  }

  /** The upstream's own error, whole. */
  sendError(status: number, headers: Record<string, string>, body: Buffer): void {
    const error = this.#form.mapError(status, headers, body);
    this.#context.stopKeepAlive();
    if (error instanceof TollgateError) return this.#context.writer.sendError(error);
    if (this.#context.writer.state === 'streaming') return this.#sendErrorIntoStream(status, error);
    this.#context.writer.send(status, this.#buildHeaders(status, headers), error);
  }

  /** LIM-6: a ping has begun a stream, so what the upstream says as a whole goes out as an error event. */
  #sendErrorIntoStream(status: number, body: Buffer): void {
    const { writer, dialect } = this.#context;
    if (dialect.protocol === 'messages' && readMessagesError(body) !== null) {
      writer.write(encodeErrorEvent(body));
      return writer.end();
    }
    const report = readUpstreamError(dialect.protocol, body, status);
    writer.sendError(
      report === null ? new TollgateError('upstream_error', NO_STREAM) : buildClientError(report),
    );
  }

  #buildHeaders(status: number, headers: Record<string, string>): Record<string, string> {
    // The form makes it anew for each answer.
    const built = Object.assign(this.#form.selectHeaders(headers, status), this.#context.answerHeaders);
    built['x-tollgate-attempts'] = String(this.#context.attempts);
    return built;
  }
}

function addDropped(translation: Translation, { dropped }: StreamOnlyCall): Translation {
  return { ...translation, dropped: [...translation.dropped, ...dropped] };
}

/** Anthropic's body is the event's data; on one line, whatever its layout. */
function encodeErrorEvent(body: Buffer): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify(JSON.parse(body.toString()))}\n\n`);
}

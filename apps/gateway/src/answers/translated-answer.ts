import type { TollgateError } from '@tollgate/core';
import { buildClientError, parseRetryAfterMs, readUpstreamError } from '@tollgate/protocol';
import { createStreamTranslator, translateAnswer, type StreamTranslator } from '@tollgate/translate';
import type { Dialect } from '../dialects/dialect.ts';
import { buildDroppedHeader } from '../translation/dropped-header.ts';
import type { Translation } from '../translation/translation.ts';
import type { AnswerForm, AnswerStream } from './answer-form.ts';

/** Proxies between us and the client must neither keep nor gather a stream. */
const STREAM_HEADERS = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } as const;
const NO_BYTES: Buffer = Buffer.alloc(0);

/** API-3: the upstream speaks another protocol than the client. */
export class TranslatedAnswer implements AnswerForm {
  readonly #translation: Translation;
  readonly #client: Dialect;
  readonly #nowMs: () => number;
  #dropped: readonly string[];

  constructor(translation: Translation, client: Dialect, nowMs: () => number) {
    this.#translation = translation;
    this.#client = client;
    this.#nowMs = nowMs;
    this.#dropped = translation.dropped;
  }

  createStream(): AnswerStream {
    return new TranslatedStream(createStreamTranslator(this.#translation.answer));
  }

  /** None of the upstream's headers fit, but its own id under its own name (REQ-3). */
  selectHeaders(headers: Readonly<Record<string, string>>, status: number): Record<string, string> {
    const { stream, call } = this.#translation;
    const { requestIdHeader } = call.dialect;
    const upstreamId = requestIdHeader === 'x-request-id' ? undefined : headers[requestIdHeader];
    return {
      'content-type': stream && status < 400 ? this.#client.streamMediaType : 'application/json',
      ...(stream && STREAM_HEADERS),
      ...(upstreamId !== undefined && { [requestIdHeader]: upstreamId }),
      ...buildDroppedHeader(this.#dropped),
    };
  }

  takeAnswer(body: Buffer): Buffer | null {
    const answer = translateAnswer(body, this.#translation.answer);
    if (answer === null) return null;
    this.#dropped = [...this.#dropped, ...answer.dropped];
    return viewBytes(answer.body);
  }

  /** REQ-6 */
  mapError(status: number, headers: Readonly<Record<string, string>>, body: Buffer): TollgateError {
    const report = readUpstreamError(this.#translation.call.dialect.protocol, body, status);
    const retryAfterMs = parseRetryAfterMs(headers, this.#nowMs());
    const unread = { type: '', message: '', status, code: null, param: null };
    return buildClientError({
      ...(report ?? unread),
      retryAfterMs: retryAfterMs ?? report?.retryAfterMs ?? null,
    });
  }
}

class TranslatedStream implements AnswerStream {
  readonly #translator: StreamTranslator;

  constructor(translator: StreamTranslator) {
    this.#translator = translator;
  }

  push(chunk: Buffer): Buffer {
    return this.#translator.push(chunk);
  }

  /** An answer that is not whole must not look like one. */
  end(): Buffer | null {
    const last = this.#translator.end();
    return this.#translator.isComplete ? last : null;
  }

  /** Only whole events have been written; what the translator holds is none. */
  flush(): Buffer {
    return NO_BYTES;
  }
}

function viewBytes(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import type { TollgateError } from '@tollgate/core';
import { buildClientError, parseRetryAfterMs, readUpstreamError } from '@tollgate/protocol';
import {
  createCodeAssistUnwrapper,
  createStreamTranslator,
  translateAnswer,
  unwrapCodeAssistAnswer,
} from '@tollgate/translate';
import type { Dialect } from '../dialects/dialect.ts';
import { buildDroppedHeader } from '../translation/dropped-header.ts';
import type { Translation } from '../translation/translation.ts';
import type { AnswerForm, AnswerStream } from './answer-form.ts';
import { TranslatedStream, type StreamPart } from './translated-stream.ts';

/** Proxies between us and the client must neither keep nor gather a stream. */
const STREAM_HEADERS = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } as const;

/** Who gets the answer. */
export interface AnsweredClient {
  dialect: Dialect;
  /** The name that it asked for. */
  model: string;
}

/** API-3: the upstream speaks another protocol than the client, or the same one in an envelope. */
export class TranslatedAnswer implements AnswerForm {
  readonly #translation: Translation;
  readonly #client: AnsweredClient;
  readonly #nowMs: () => number;
  #dropped: readonly string[];

  constructor(translation: Translation, client: AnsweredClient, nowMs: () => number) {
    this.#translation = translation;
    this.#client = client;
    this.#nowMs = nowMs;
    this.#dropped = translation.dropped;
  }

  createStream(): AnswerStream {
    const { answer, isEnveloped, framing, mcpTools = [] } = this.#translation;
    const parts: StreamPart[] = [];
    if (isEnveloped)
      parts.push(createCodeAssistUnwrapper({ framing: answer === null ? framing : 'sse', mcpTools }));
    parts.push(this.#createLastPart());
    return new TranslatedStream(parts);
  }

  /** None of the upstream's headers fit, but its own id under its own name (REQ-3). */
  selectHeaders(headers: Readonly<Record<string, string>>, status: number): Record<string, string> {
    const { stream, call } = this.#translation;
    const { requestIdHeader } = call.dialect;
    const upstreamId = requestIdHeader === 'x-request-id' ? undefined : headers[requestIdHeader];
    return {
      'content-type': stream && status < 400 ? this.#client.dialect.streamMediaType : 'application/json',
      ...(stream && STREAM_HEADERS),
      ...(upstreamId !== undefined && { [requestIdHeader]: upstreamId }),
      ...buildDroppedHeader(this.#dropped),
    };
  }

  takeAnswer(body: Buffer): Buffer | null {
    const { answer: options, isEnveloped, mcpTools } = this.#translation;
    const inner = isEnveloped ? unwrapCodeAssistAnswer(body, mcpTools) : body;
    const { dialect, model } = this.#client;
    if (inner === null || options === null) return inner && dialect.rewriteAnswer(inner, model);
    const answer = translateAnswer(inner, options);
    if (answer === null) return null;
    this.#dropped = [...this.#dropped, ...answer.dropped];
    return Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength);
  }

  /** REQ-6 */
  mapError(status: number, headers: Readonly<Record<string, string>>, body: Buffer): TollgateError {
    const report = readUpstreamError(this.#translation.call.dialect.protocol, body, status);
    const unread = { type: '', message: '', status, code: null, param: null };
    const retryAfterMs = parseRetryAfterMs(headers, this.#nowMs()) ?? report?.retryAfterMs ?? null;
    return buildClientError({ ...(report ?? unread), retryAfterMs });
  }

  #createLastPart(): StreamPart {
    const { answer } = this.#translation;
    const { dialect, model } = this.#client;
    return answer === null ? dialect.createRewriter(model) : createStreamTranslator(answer);
  }
}

import type { AnswerModelRewriter } from '@tollgate/body';
import type { UsageChunkFilter } from '@tollgate/protocol';
import type { RequestContext } from '../request-context.ts';
import { buildDroppedHeader } from '../translation/dropped-header.ts';
import type { StreamOnlyCall } from '../translation/stream-only-call.ts';
import type { AnswerForm, AnswerStream } from './answer-form.ts';

const NO_BYTES: Buffer = Buffer.alloc(0);

/**
 * API-2: client and upstream speak the same. Bytes pass untouched; only where the account maps the model is the name
 * in the answer put back to what the client asked for, and what only the meter wanted is left out (MON-8).
 */
export class PassingAnswer implements AnswerForm {
  readonly #context: RequestContext;
  readonly #model: string;
  readonly #isRenamed: boolean;
  readonly #streamOnly: StreamOnlyCall | null;

  constructor(context: RequestContext, upstreamModel: string, streamOnly: StreamOnlyCall | null) {
    this.#context = context;
    this.#model = context.parsed.scan.model;
    this.#isRenamed = upstreamModel !== this.#model;
    this.#streamOnly = streamOnly;
  }

  createStream(): AnswerStream | null {
    const { dialect, parsed } = this.#context;
    const rewriter = this.#isRenamed ? dialect.createRewriter(this.#model) : null;
    const filter = dialect.createFilter(parsed.body, parsed.scan);
    return rewriter === null && filter === null ? null : new PassingStream(rewriter, filter);
  }

  selectHeaders(headers: Readonly<Record<string, string>>, status: number): Record<string, string> {
    const selected = this.#context.dialect.selectResponseHeaders(headers, status);
    if (this.#streamOnly === null) return selected;
    const { dropped, gathers } = this.#streamOnly;
    const isGathered = gathers && selected['content-type']?.startsWith('text/event-stream') === true;
    return {
      ...selected,
      ...(isGathered && { 'content-type': 'application/json' }),
      ...buildDroppedHeader(dropped),
    };
  }

  takeAnswer(body: Buffer): Buffer {
    return this.#isRenamed ? this.#context.dialect.rewriteAnswer(body, this.#model) : body;
  }

  mapError(_status: number, _headers: object, body: Buffer): Buffer {
    return body;
  }
}

class PassingStream implements AnswerStream {
  readonly #rewriter: AnswerModelRewriter | null;
  readonly #filter: UsageChunkFilter | null;

  constructor(rewriter: AnswerModelRewriter | null, filter: UsageChunkFilter | null) {
    this.#rewriter = rewriter;
    this.#filter = filter;
  }

  push(chunk: Buffer): Buffer {
    const named = this.#rewriter === null ? chunk : this.#rewriter.push(chunk);
    return this.#filter === null ? named : this.#filter.push(named);
  }

  end(): Buffer {
    return this.flush();
  }

  /** What was held back goes out as it came. */
  flush(): Buffer {
    const held = this.#rewriter?.end() ?? NO_BYTES;
    if (this.#filter === null) return held;
    const passed = this.#filter.push(held);
    return Buffer.concat([passed, this.#filter.end()]);
  }
}

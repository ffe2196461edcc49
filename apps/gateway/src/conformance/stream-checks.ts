import type { Logger } from '@tollgate/core';
import { createConformanceChecker, type ConformanceChecker } from '@tollgate/protocol';
import type { AnswerStream } from '../answers/answer-form.ts';
import type { RequestContext } from '../request-context.ts';

export interface StreamChecksOptions {
  /** 0 to 100: how many of a hundred streams are looked at. */
  percent: number;
  logger: Logger;
  /** Default `Math.random`. */
  random?: () => number;
}

type Watched = Pick<RequestContext, 'request' | 'dialect' | 'arrayState'>;

const NO_BYTES: Buffer = Buffer.alloc(0);
/** What the log has room for. */
const PROBLEMS_SHOWN = 5;

/**
 * Holds a sample of the streams that clients get against their protocol. Nothing is changed or held back; what is not
 * as it should be is logged, without content. A stream that broke off is no subject: it ends with an error event.
 */
export class StreamChecks {
  readonly #options: StreamChecksOptions;
  /** Whole streams that were looked at, since the start. */
  checked = 0;
  /** Those that were not as their protocol demands. */
  broken = 0;

  constructor(options: StreamChecksOptions) {
    this.#options = options;
  }

  /** `stream` null: the bytes pass as they come. The same one, unless this stream is one of the sample. */
  watch(stream: AnswerStream | null, context: Watched, isTranslated: boolean): AnswerStream | null {
    const { percent, random = Math.random } = this.#options;
    if (percent <= 0 || random() * 100 >= percent) return stream;
    const checker = createConformanceChecker(context.dialect.protocol, {
      allowsSecondAnswer: true,
      isArray: context.arrayState !== null,
    });
    return new WatchedStream(stream, checker, () => this.#report(checker, context, isTranslated));
  }

  #report({ problems }: ConformanceChecker, { request, dialect }: Watched, isTranslated: boolean): void {
    this.checked += 1;
    if (problems.length === 0) return;
    this.broken += 1;
    const detail = {
      requestId: request.id,
      protocol: dialect.protocol,
      isTranslated,
      problems: problems.slice(0, PROBLEMS_SHOWN),
    };
    this.#options.logger.warn(detail, 'a stream was not as its protocol demands');
  }
}

class WatchedStream implements AnswerStream {
  readonly #stream: AnswerStream | null;
  readonly #checker: ConformanceChecker;
  readonly #onWhole: () => void;

  constructor(stream: AnswerStream | null, checker: ConformanceChecker, onWhole: () => void) {
    this.#stream = stream;
    this.#checker = checker;
    this.#onWhole = onWhole;
  }

  push(chunk: Buffer): Buffer {
    const bytes = this.#stream === null ? chunk : this.#stream.push(chunk);
    this.#checker.push(bytes);
    return bytes;
  }

  end(): Buffer | null {
    const last = this.#stream === null ? NO_BYTES : this.#stream.end();
    if (last === null) return null;
    this.#checker.push(last);
    this.#checker.end();
    this.#onWhole();
    return last;
  }

  flush(): Buffer {
    return this.#stream?.flush() ?? NO_BYTES;
  }
}

import { StoreUnavailableError } from '../port.ts';
import type { LinkOptions } from './link-options.ts';

/** A link that is silent this long is given up and built anew: its other end may be gone without a word. */
export const SILENCE_MAX_MS = 2_000;
/** How often a silent link is looked at. */
export const WATCH_MS = 500;

/** From a call that was not answered in time until something is: nothing is sent meanwhile. */
export class LinkSilence {
  readonly #options: LinkOptions;
  #sinceMs: number | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Monotonic ms; null = it is not silent. */
  get sinceMs(): number | null {
    return this.#sinceMs;
  }

  begin(): void {
    if (this.#sinceMs !== null) return;
    this.#sinceMs = this.#options.clock.monotonicMs();
    this.#options.logger.warn({}, 'redis does not answer in time');
  }

  /** False when it was not silent. */
  end(): boolean {
    const wasSilent = this.#sinceMs !== null;
    this.#sinceMs = null;
    return wasSilent;
  }

  /** The result of `work`, which is given what rejects when the time limit of a call is over; `onTimeout` before. */
  async limit<T>(work: (expired: Promise<never>) => Promise<T>, onTimeout: () => void): Promise<T> {
    const { callTimeoutMs } = this.#options;
    const { promise: expired, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      onTimeout();
      reject(new StoreUnavailableError(`Redis did not answer within ${callTimeoutMs} ms`));
    }, callTimeoutMs);
    expired.catch(() => {}); // when nobody races against it any more
    try {
      return await work(expired);
    } finally {
      clearTimeout(timer);
    }
  }
}

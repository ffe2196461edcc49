import type { Event } from '../machine/states.ts';
import type { StreamGatherer, StreamMeter } from '../port.ts';

export interface GatheringOptions {
  meter: StreamMeter;
  /** Whether the answer is a whole JSON object that the client can be given. */
  isWholeJson: (body: Buffer) => boolean;
}

/** What the bytes of a stream mean where a plain answer is made of them. */
export class Gathering {
  readonly #gatherer: StreamGatherer;
  readonly #options: GatheringOptions;
  /** The answer, whole and accepted; null = it is not, or no longer. */
  body: Buffer | null = null;
  /** Why there is none; for the log only. */
  message = '';

  constructor(gatherer: StreamGatherer, options: GatheringOptions) {
    this.#gatherer = gatherer;
    this.#options = options;
  }

  push(chunk: Buffer): Event {
    this.#options.meter.push(chunk);
    this.#gatherer.push(chunk);
    return this.#selectEvent();
  }

  /** The upstream has ended: `whole-json`, or `end` = something is missing. */
  end(): Event {
    this.#options.meter.end();
    this.#gatherer.end();
    return this.#selectEvent() === 'complete' ? 'whole-json' : 'end';
  }

  #selectEvent(): Event {
    const { meter } = this.#options;
    this.message = 'the stream ended before its answer was whole';
    if (meter.error !== null) {
      this.message = `${meter.error.type}: ${meter.error.message}`;
      return 'early-error';
    }
    if (this.#gatherer.isTooLarge) {
      this.message = 'the answer is too large';
      return 'overflow';
    }
    if (meter.isComplete) return this.#accept() ? 'complete' : 'bad-answer';
    this.body = null;
    if (!meter.isBroken) return 'bytes';
    this.message = 'the first event is none of this protocol';
    return 'bad-answer';
  }

  /** Behind a whole answer only a second one is news. */
  #accept(): boolean {
    const { answer } = this.#gatherer;
    if (answer !== null && answer === this.body) return true;
    this.message = 'the stream has made no whole answer';
    this.body = answer !== null && this.#options.isWholeJson(answer) ? answer : null;
    return this.body !== null;
  }
}

import type { Protocol } from '@tollgate/core';
import type { Effect, Event, State } from '../machine/states.ts';
import { TRANSITIONS } from '../machine/transitions.ts';
import type { UpstreamCall, UpstreamFault, UpstreamHandler } from '../port.ts';
import type { AttemptEnd, AttemptOutcome } from './attempt-end.ts';
import { ATTEMPT_DEFAULTS, type AttemptOptions } from './attempt-options.ts';
import { type AttemptTimes, skipTime, startTimes } from './attempt-times.ts';
import { buildErrorOutcome, buildRetryOutcome, type FailedAnswer } from './build-error-outcome.ts';
import { ByteCollector } from './byte-collector.ts';
import type { TickTarget } from './deadline-ticker.ts';
import { EventBoundary } from './event-boundary.ts';
import { Gathering } from './gathering.ts';
import { mapFault, mapStreamErrorType, type RetryReason } from './map-upstream-error.ts';
import { parseErrorBody } from './parse-error-body.ts';
import { selectExpiredDeadline } from './select-expired-deadline.ts';
import { selectHeadersEvent } from './select-headers-event.ts';

/** One try of one request on one account. */
export interface AttemptRun {
  /** Always settles; rejects only with what `beforeFinish`, the meter or the sink threw. */
  readonly ended: Promise<AttemptEnd>;
  /** The client has gone: the upstream is cut at once. Does nothing after the end. */
  clientLeft(): void;
  /**
   * The client has gone, but the answer is read on to learn what it used: nothing more goes to the sink, and nobody
   * holds the upstream up. Ends as it would have with a client, or by `clientLeft()`. Does nothing after the end.
   */
  readOn(): void;
  /** A sink that answered `false` can take more. */
  drain(): void;
}

/**
 * Sends the request and carries the answer through the machine (`src/machine`) to the sink or into the result.
 * Never writes to the sink once `ended` has settled.
 */
export function forwardAttempt(options: AttemptOptions): AttemptRun {
  const attempt = new Attempt(options);
  attempt.start();
  return attempt;
}

const NO_BYTES: Buffer = Buffer.alloc(0);
/** Of attempts before their answer: none of its bytes have come. */
const NOTHING_HELD = new ByteCollector(0);

class Attempt implements AttemptRun, UpstreamHandler, TickTarget {
  readonly ended: Promise<AttemptEnd>;
  tickPlace = -1;
  readonly #options: AttemptOptions;
  readonly #settle = Promise.withResolvers<AttemptEnd>();
  readonly #times: AttemptTimes;
  /** null = nothing has been written. */
  #boundary: EventBoundary | null = null;
  #state: State = 'sending';
  #call: UpstreamCall | null = null;
  #held = NOTHING_HELD;
  /** The bytes that the present event is about. */
  #chunk = NO_BYTES;
  #status = 0;
  #headers: Record<string, string> = {};
  #reason: RetryReason = 'bad-answer';
  #message = '';
  #isSettled = false;
  #isBodyEnded = false;
  #isErrorSent = false;
  /** The client's stream has begun. */
  #isStarted = false;
  #isPaused = false;
  #hasRead = false;
  /** Nobody takes the answer any more. */
  #isUnheard = false;
  /** The answer is no stream. */
  #isPlain = false;
  /** The stream becomes a plain answer; null = it passes as it is. */
  #gathering: Gathering | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.ended = this.#settle.promise;
    const lingerMs = options.lingerMs ?? ATTEMPT_DEFAULTS.lingerMs;
    this.#times = startTimes(options.clock.monotonicMs(), options.totalDeadlineAtMs, lingerMs);
  }

  start(): void {
    this.#options.ticker.add(this);
    this.#call = this.#options.client.send(this.#options.request, this);
  }

  clientLeft(): void {
    this.#apply('client-left');
  }

  readOn(): void {
    this.#isUnheard = true;
    this.drain();
  }

  drain(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#call?.resume();
  }

  onHeaders(status: number, headers: Record<string, string>): void {
    this.#status = status;
    this.#headers = headers;
    this.#times.headersAtMs = this.#options.clock.monotonicMs();
    this.#hasRead = true;
    const { wantsStream, gatherer, streamMediaType = ATTEMPT_DEFAULTS.streamMediaType } = this.#options;
    const wanted = wantsStream ? 'stream' : gatherer ? 'gathered' : 'plain';
    const event = selectHeadersEvent(status, headers, wanted, streamMediaType);
    if (event === 'bad-answer')
      this.#explain('bad-answer', 'content-encoding although identity was asked for');
    this.#isPlain = event === 'json-headers';
    if (event !== 'gather-headers') this.#held = new ByteCollector(this.#selectBytesMax(event));
    if (event === 'gather-headers' && gatherer) this.#gathering = new Gathering(gatherer, this.#options);
    this.#apply(event);
  }

  onData(chunk: Buffer): void {
    this.#hasRead = true;
    this.#chunk = chunk;
    try {
      this.#apply(this.#selectDataEvent(chunk));
    } catch (error) {
      this.#giveUp(error);
    }
    this.#chunk = NO_BYTES;
  }

  onEnd(): void {
    this.#isBodyEnded = true;
    this.#explain('bad-answer', 'the answer ended before it was whole');
    try {
      this.#apply(this.#selectEndEvent());
    } catch (error) {
      this.#giveUp(error);
    }
  }

  onError(fault: UpstreamFault): void {
    this.#explain(mapFault(fault.kind), fault.detail);
    if (!this.#isFinished) return this.#apply(fault.isStaleSocket ? 'stale-socket' : 'fault');
    try {
      this.#apply(this.#selectStreamEnd());
    } catch (error) {
      this.#giveUp(error);
    }
  }

  onTick(nowMs: number): void {
    // A paused upstream is not idle: it is the client that is slow.
    if (this.#hasRead || this.#isPaused) this.#times.lastReadAtMs = nowMs;
    this.#hasRead = false;
    const expired = selectExpiredDeadline(this.#state, this.#times, this.#options.deadlines, nowMs);
    if (expired === null) return;
    this.#explain('timeout', `${expired} deadline`);
    if (!this.#isFinished) return this.#apply('deadline');
    try {
      this.#apply(this.#selectSilence());
    } catch (error) {
      this.#giveUp(error);
    }
  }

  onStandstill(ms: number): void {
    skipTime(this.#times, Math.min(ms, this.#options.clock.monotonicMs() - this.#times.startedAtMs));
  }

  /** The close would have been the end: an upstream that stays silent, or breaks, after all it owes has done its work. */
  get #isFinished(): boolean {
    return this.#state === 'relaying' && this.#options.meter.isFinished === true;
  }

  #selectSilence(): Event {
    return this.#selectStreamEnd() === 'whole-stream' ? 'silent-end' : 'deadline';
  }

  #selectBytesMax(event: Event): number {
    const { jsonBytesMax, errorBytesMax, preludeBytesMax } = this.#options;
    if (event === 'json-headers') return jsonBytesMax ?? ATTEMPT_DEFAULTS.jsonBytesMax;
    if (event === 'error-headers') return errorBytesMax ?? ATTEMPT_DEFAULTS.errorBytesMax;
    return preludeBytesMax ?? ATTEMPT_DEFAULTS.preludeBytesMax;
  }

  #selectDataEvent(chunk: Buffer): Event {
    switch (this.#state) {
      case 'holding':
      case 'relaying':
      case 'ending':
        this.#options.meter.push(chunk);
        return this.#selectStreamEvent(chunk);
      case 'failing':
        return this.#held.hasRoomFor(chunk) ? 'bytes' : 'overflow';
      case 'gathering':
      case 'gathered':
        return this.#gather(this.#gathering?.push(chunk) ?? 'bytes');
      case 'collecting-json':
      case 'collecting-error':
        if (this.#held.hasRoomFor(chunk)) return 'bytes';
        this.#explain('bad-answer', 'the answer is too large');
        return 'overflow';
      default:
        return 'bytes';
    }
  }

  #gather(event: Event): Event {
    const { meter, clock } = this.#options;
    if (meter.firstContentAt !== null) this.#noteContent();
    if (event === 'complete') this.#times.completedAtMs = clock.monotonicMs();
    else if (event !== 'bytes') this.#explain('bad-answer', this.#gathering?.message ?? '');
    if (event === 'early-error') this.#takeStreamError(meter.error?.status ?? this.#status);
    return event;
  }

  /** Nothing has gone out: what the stream says of its failure is judged like an answer with that status. */
  #takeStreamError(status: number): void {
    const body = this.#options.gatherer?.errorBody ?? NO_BYTES;
    this.#status = status;
    this.#held = new ByteCollector(body.length);
    this.#held.push(body);
    this.#isBodyEnded = true;
  }

  #selectStreamEvent(chunk: Buffer): Event {
    const { meter } = this.#options;
    const hasContent = meter.firstContentAt !== null || this.#isStarted;
    if (meter.error !== null) {
      this.#explain(mapStreamErrorType(meter.error.type), `${meter.error.type}: ${meter.error.message}`);
      if (!hasContent) return 'early-error';
      this.#holdLastBytes(chunk);
      return 'late-error';
    }
    if (meter.isComplete) return this.#selectCompleteEvent(chunk);
    if (meter.isBroken) {
      this.#explain('bad-answer', 'the first event is none of this protocol');
      return 'bad-answer';
    }
    if (this.#state === 'relaying') return 'bytes';
    if (hasContent) return 'content';
    return this.#held.hasRoomFor(chunk) ? 'bytes' : 'overflow';
  }

  /** The chunk with the end is always held, whatever its size; what comes behind it has a bound. */
  #selectCompleteEvent(chunk: Buffer): Event {
    if (this.#state === 'ending') return this.#held.hasRoomFor(chunk) ? 'complete' : 'overflow';
    this.#holdLastBytes(chunk);
    return 'complete';
  }

  #holdLastBytes(chunk: Buffer): void {
    this.#times.completedAtMs = this.#options.clock.monotonicMs();
    if (this.#options.meter.firstContentAt !== null) this.#noteContent();
    const held = this.#held.take();
    this.#held = new ByteCollector(this.#selectBytesMax('complete') + held.length + chunk.length);
    if (held.length > 0) this.#held.push(held);
    // A slow client must not keep the upstream from ending; what still comes is bounded.
    this.drain();
  }

  #selectEndEvent(): Event {
    if (this.#state === 'holding' || this.#state === 'relaying') return this.#selectStreamEnd();
    if (this.#state === 'gathering') return this.#gather(this.#gathering?.end() ?? 'end');
    if (this.#state !== 'collecting-json') return 'end';
    const body = this.#held.peek();
    if (!this.#options.isWholeJson(body) || parseErrorBody(body, this.#protocol) !== null) return 'end';
    this.#times.firstContentAtMs = this.#options.clock.monotonicMs();
    return 'whole-json';
  }

  #selectStreamEnd(): Event {
    this.#options.meter.end();
    return this.#options.meter.isComplete ? 'whole-stream' : 'end';
  }

  #explain(reason: RetryReason, message: string): void {
    // The upstream has said itself why it fails.
    if (this.#state === 'failing') return;
    this.#reason = reason;
    this.#message = message;
  }

  #apply(event: Event): void {
    const { to, effects } = TRANSITIONS[this.#state][event];
    this.#state = to;
    try {
      for (const effect of effects) this.#run(effect);
    } catch (error) {
      this.#giveUp(error);
    }
    if (this.#state === 'closed') this.#options.ticker.delete(this);
  }

  #run(effect: Effect): void {
    switch (effect) {
      case 'resend':
        this.#call = this.#options.client.send({ ...this.#options.request, freshSocket: true }, this);
        return;
      case 'hold':
        return this.#held.push(this.#chunk);
      case 'flush':
        return this.#flush();
      case 'relay':
        return this.#write(this.#chunk);
      case 'announce':
        return this.#announce('complete');
      case 'announce-error':
        this.#isErrorSent = true;
        return this.#announce('stream-error');
      case 'abort':
        return this.#call?.abort();
      default:
        return this.#end(this.#buildOutcome(effect));
    }
  }

  #announce(outcome: 'complete' | 'stream-error'): void {
    // A stream that came in one piece has its content and its end at once, before anything was written.
    if (this.#options.meter.firstContentAt !== null) this.#noteContent();
    this.#options.beforeFinish(outcome, {
      status: this.#status,
      headers: this.#headers,
      firstContentAtMs: this.#times.firstContentAtMs,
    });
  }

  #noteContent(): void {
    this.#times.firstContentAtMs ??= this.#options.clock.monotonicMs();
  }

  #flush(): void {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#noteContent();
      if (!this.#isUnheard) this.#options.sink.startStream(this.#status, this.#headers);
    }
    const held = this.#held.take();
    if (held.length === 0) this.#write(this.#chunk);
    else this.#write(this.#chunk.length === 0 ? held : Buffer.concat([held, this.#chunk]));
  }

  #write(bytes: Buffer): void {
    // Inside startStream the sink may have told us that the client is gone.
    if (this.#isSettled || this.#isUnheard) return;
    this.#boundary ??= new EventBoundary();
    this.#boundary.push(bytes);
    if (this.#options.sink.write(bytes) || this.#state !== 'relaying') return;
    this.#isPaused = true;
    this.#call?.pause();
  }

  #buildOutcome(effect: Effect): AttemptOutcome {
    const status = this.#status;
    const headers = this.#headers;
    switch (effect) {
      case 'end-answered':
        return { kind: 'answered', status, headers, stream: true };
      case 'end-json':
        return { kind: 'answered-json', status, headers, body: this.#gathering?.body ?? this.#held.take() };
      case 'end-error':
        return buildErrorOutcome(this.#describeAnswer());
      case 'end-broken':
        return this.#buildBroken();
      case 'end-left':
        return { kind: 'client-left', status, headers, plainBytes: this.#isPlain ? this.#held.length : 0 };
      default:
        return buildRetryOutcome(this.#describeAnswer(), this.#options.meter.error);
    }
  }

  #buildBroken(): AttemptOutcome {
    return {
      kind: 'broken',
      reason: this.#reason,
      message: this.#message,
      // An error event may lack its blank line, and so be known only at the end, when it has long been passed on.
      isErrorSent: this.#isErrorSent || this.#options.meter.error !== null,
      isMidEvent: !this.#isErrorSent && this.#boundary?.isMidEvent === true,
    };
  }

  get #protocol(): Protocol {
    return this.#options.protocol ?? ATTEMPT_DEFAULTS.protocol;
  }

  #describeAnswer(): FailedAnswer {
    return {
      status: this.#status,
      headers: this.#headers,
      body: this.#held.peek(),
      protocol: this.#protocol,
      isBodyWhole: this.#isBodyEnded && !this.#held.isCut,
      reason: this.#reason,
      message: this.#message,
      nowMs: this.#options.clock.nowMs(),
    };
  }

  #end(outcome: AttemptOutcome): void {
    this.#isSettled = true;
    this.#times.endedAtMs = this.#options.clock.monotonicMs();
    this.#settle.resolve({ ...outcome, timings: this.#times });
  }

  /** A fault of ours (journal, sink): nothing more may go out. */
  #giveUp(error: unknown): void {
    this.#state = 'closed';
    this.#isSettled = true;
    this.#options.ticker.delete(this);
    this.#call?.abort();
    this.#settle.reject(error);
  }
}

import type { Clock } from '@tollgate/core';
import type { DeadlineTicker, TickTarget } from '@tollgate/forward';
import { buildPing } from '@tollgate/protocol';
import type { RequestContext } from '../request-context.ts';

export interface KeepAliveServices {
  deadlines: DeadlineTicker;
  clock: Clock;
}

/** LIM-6: the first ping after this time, and each next one. */
export const PING_MS = 5_000;
/** Proxies between us and the client must neither keep nor gather what comes. */
const STREAM_HEADERS = {
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;

/** For streamed calls; never an error exit. */
export function startKeepAlive(context: RequestContext, services: KeepAliveServices): null {
  if (!context.parsed.scan.stream) return null;
  const ping = buildPing(context.dialect.protocol, context.arrayState !== null);
  context.keepAlive = new KeepAlive(context, services, ping);
  return null;
}

/**
 * LIM-6: while a streaming client waits for a place, an account or the upstream's first content, its connection
 * gets a sign of life. The first ping commits `200` and the stream's type: from then on an error is an event.
 */
class KeepAlive implements TickTarget {
  tickPlace = -1;
  readonly #context: RequestContext;
  readonly #ticker: DeadlineTicker;
  readonly #ping: Buffer;
  #nextAtMs: number;

  constructor(context: RequestContext, { deadlines, clock }: KeepAliveServices, ping: Buffer) {
    this.#context = context;
    this.#ticker = deadlines;
    this.#ping = ping;
    this.#nextAtMs = clock.monotonicMs() + PING_MS;
    this.#ticker.add(this);
  }

  /** The answer begins, or the request is over. Idempotent. */
  stop(): void {
    this.#ticker.delete(this);
  }

  onTick(nowMs: number): void {
    if (nowMs < this.#nextAtMs) return;
    this.#nextAtMs = nowMs + PING_MS;
    const { writer, answerHeaders, dialect } = this.#context;
    if (writer.state === 'idle') {
      const type = { 'content-type': dialect.streamMediaType };
      writer.startStream(200, { ...type, ...STREAM_HEADERS, ...answerHeaders });
    }
    writer.write(this.#ping);
  }
}

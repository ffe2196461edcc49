import type { GroupSnapshot, KeySnapshot } from '@tollgate/core';
import type { MessagesScan } from '@tollgate/body';
import type { Hold, Lease, Reservation } from '@tollgate/store';
import type { Endpoint } from './routes.ts';
import type { ClientRequest, ResponseWriter } from './server/port.ts';

/** Everything one request carries through the stages: one object a request, filled from left to right. */
export class RequestContext {
  readonly request: ClientRequest;
  readonly writer: ResponseWriter;
  /** For deadlines; only differences mean anything. */
  readonly startedAtMonotonicMs: number;
  /** Headers that go on every answer of this request, e.g. the rate limit's state. */
  readonly answerHeaders: Record<string, string> = {};
  /** What this request holds in the store until it is settled. */
  readonly leases: Lease[] = [];
  /** What admission has counted in token windows, for settlement (LIM-2). */
  readonly reservations: Reservation[] = [];
  /** What the request may come to cost, until it is settled (MON-4); null = nobody pays. */
  hold: Hold | null = null;
  /** Tokens of all attempts of this request. */
  tokensUsed = 0;
  endpoint: Endpoint | null = null;
  /** The client's address after trusted proxies; '' where nothing depends on it. */
  clientAddress = '';
  key: KeySnapshot | null = null;
  /** The group that serves and prices this request. */
  group: GroupSnapshot | null = null;
  body: Buffer | null = null;
  scan: MessagesScan | null = null;
  /** Signs of life for a streaming client that waits (LIM-6); null = none are sent. */
  keepAlive: { stop(): void } | null = null;
  /** Tries so far, told in `x-tollgate-attempts`. */
  attempts = 0;
  #onClientLeft: (() => void) | null = null;

  constructor(request: ClientRequest, writer: ResponseWriter, nowMonotonicMs: number) {
    this.request = request;
    this.writer = writer;
    this.startedAtMonotonicMs = nowMonotonicMs;
    writer.onAbort = () => this.#onClientLeft?.();
  }

  /** One listener at a time: what now waits for this client. Called at once if the client has left already. */
  set onClientLeft(listener: (() => void) | null) {
    this.#onClientLeft = listener;
    if (listener && this.clientHasLeft) listener();
  }

  /** The answer begins, or the request is over. */
  stopKeepAlive(): void {
    this.keepAlive?.stop();
    this.keepAlive = null;
  }

  get clientHasLeft(): boolean {
    return this.writer.state === 'aborted';
  }

  /** What an earlier stage has filled in; a missing value is a fault of the pipeline's order. */
  get admitted(): { key: KeySnapshot; group: GroupSnapshot } {
    if (this.key === null || this.group === null) throw new Error('stage ran before authenticate');
    return { key: this.key, group: this.group };
  }

  get parsed(): { body: Buffer; scan: MessagesScan } {
    if (this.body === null || this.scan === null) throw new Error('stage ran before parse');
    return { body: this.body, scan: this.scan };
  }
}

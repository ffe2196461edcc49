import { mapDispatchedModel } from '@tollgate/accounts';
import {
  createId,
  type AttemptId,
  type GroupId,
  type GroupSnapshot,
  type KeySnapshot,
  type Platform,
} from '@tollgate/core';
import { splitForcedPlatform } from './forced-platform.ts';
import type { Lease, Reservation } from '@tollgate/store';
import type { JsonArrayState } from './json-array-state.ts';
import type { ResponsesStreamState } from './responses-stream-state.ts';
import { messagesDialect } from './dialects/messages-dialect.ts';
import type { Dialect } from './dialects/dialect.ts';
import { RequestDecision } from './decisions/request-decision.ts';
import { RequestMoney } from './money/request-money.ts';
import type { RequestScan } from './request-scan.ts';
import type { RequestSession } from './request-session.ts';
import type { Endpoint } from './routes.ts';
import type { ClientRequest, ResponseWriter } from './server/port.ts';

/** Which attempt: in the books an id has one moment. */
export interface AttemptIdentity {
  attemptId: AttemptId;
  /** Wall clock, ms since 1970 UTC. */
  atMs: number;
}

/** What a client makes wait, and what need not when it has left. */
export interface ClientListener {
  clientLeft(): void;
}

const NONE: readonly never[] = Object.freeze([]);

/** Everything one request carries through the stages: one object a request, filled from left to right. */
export class RequestContext {
  readonly request: ClientRequest;
  /** By the path (API-1); null = the key's groups decide. */
  readonly forcedPlatform: Platform | null;
  readonly writer: ResponseWriter;
  /** For deadlines; only differences mean anything. */
  readonly startedAtMonotonicMs: number;
  /** Headers that go on every answer of this request, e.g. the rate limit's state. */
  readonly answerHeaders: Record<string, string> = {};
  /** What this request holds in the store until it is settled. */
  leases: readonly Lease[] = NONE;
  /** What admission has counted in token windows, for settlement (LIM-2). */
  reservations: readonly Reservation[] = NONE;
  /** What it holds of its payers' money. */
  readonly money = new RequestMoney();
  /** What is decided about it on the way (OPS-9). */
  readonly decision = new RequestDecision();
  /** Tokens of all attempts of this request. */
  tokensUsed = 0;
  endpoint: Endpoint | null = null;
  /** The protocol that it is called in. */
  dialect: Dialect = messagesDialect;
  /** Of an answer that is one JSON array: how far it has come; null = it is none. */
  arrayState: JsonArrayState | null = null;
  /** Of a Responses answer: how far its stream has come; null = it is none. */
  responsesState: ResponsesStreamState | null = null;
  /** The client's address after trusted proxies; '' where nothing depends on it. */
  clientAddress = '';
  key: KeySnapshot | null = null;
  /** The group that serves and prices this request. */
  group: GroupSnapshot | null = null;
  body: Buffer | null = null;
  scan: RequestScan | null = null;
  /** Read by `buildRequestSession`. */
  session: { groupId: GroupId; session: RequestSession | null } | null = null;
  /** Signs of life for a streaming client that waits (LIM-6); null = none are sent. */
  keepAlive: { stop(): void } | null = null;
  /** SEL-7: an account has refused what another one has signed: the request goes on without. */
  stripsSignatures = false;
  /** Tries so far, told in `x-tollgate-attempts`. */
  attempts = 0;
  #clientListener: ClientListener | null = null;
  #planned: AttemptIdentity | null = null;

  constructor(request: ClientRequest, writer: ResponseWriter, nowMonotonicMs: number) {
    const forced = splitForcedPlatform(request);
    this.request = forced === null ? request : forced.request;
    this.forcedPlatform = forced === null ? null : forced.platform;
    this.writer = writer;
    this.startedAtMonotonicMs = nowMonotonicMs;
    const leave = (): void => this.#clientListener?.clientLeft();
    writer.onAbort = leave;
  }

  /** One at a time: what now waits for this client. Told at once if the client has left already. */
  set clientListener(listener: ClientListener | null) {
    this.#clientListener = listener;
    if (listener && this.clientHasLeft) listener.clientLeft();
  }

  /** The next attempt, named before it can be made: a hold that is lost must speak of the same one (MON-6). */
  planAttempt(nowMs: number): AttemptIdentity {
    this.#planned = { attemptId: createId('attempt', nowMs), atMs: nowMs };
    return this.#planned;
  }

  /** The planned attempt, once; else a new one. */
  takeAttempt(nowMs: number): AttemptIdentity {
    const identity = this.#planned ?? this.planAttempt(nowMs);
    this.#planned = null;
    return identity;
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
    // The context itself, so that no object is made for each look.
    return this as { key: KeySnapshot; group: GroupSnapshot };
  }

  /** API-4: the model that the group's accounts are asked for: most often the one that the client names. */
  get askedModel(): string {
    return mapDispatchedModel(this.admitted.group, this.dialect.protocol, this.parsed.scan.model);
  }

  get parsed(): { body: Buffer; scan: RequestScan } {
    if (this.body === null || this.scan === null) throw new Error('stage ran before parse');
    return this as { body: Buffer; scan: RequestScan };
  }
}

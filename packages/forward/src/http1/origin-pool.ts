import type { Socket } from 'node:net';
import type { UpstreamFault } from '../port.ts';
import { describeError } from '../map-dial-error.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { CallCarrier, Http1Call } from './http1-call.ts';
import type { Origin } from './parse-origin.ts';

type OnRead = (bytes: number, buffer: Uint8Array) => boolean;

/** What a pool needs of its client. */
export interface PoolHost {
  readonly connectionsMax: number;
  readonly keepAliveMs: number;
  readonly headBytesMax: number;
  /** Monotonic; never later than now, by up to one sweep. */
  readonly sweepNowMs: number;
  openSocket(origin: Origin, onRead: OnRead, session: Buffer | undefined): Socket;
  /** A connection became idle: it must be looked at from now on. */
  watchIdle(): void;
  /** A retired pool has nothing left. */
  forget(pool: OriginPool): void;
}

/** The connections to one origin: the latest used idle one first, and a queue when all are busy. */
export class OriginPool implements ConnectionOwner, CallCarrier {
  readonly origin: Origin;
  readonly #host: PoolHost;
  readonly #connections = new Set<Connection>();
  /** The longest idle first. */
  readonly #idle: Connection[] = [];
  readonly #waiting = new Set<Http1Call>();
  #session: Buffer | undefined;
  #isRetired = false;
  /** Number of the last `send`, by the client's count. */
  usedAt = 0;

  constructor(origin: Origin, host: PoolHost) {
    this.origin = origin;
    this.#host = host;
  }

  get hasIdle(): boolean {
    return this.#idle.length > 0;
  }

  send(call: Http1Call): void {
    const idle = call.request.freshSocket === true ? undefined : this.#takeIdle();
    if (idle !== undefined) return idle.send(call);
    if (this.#hasRoom()) return this.#dial(call);
    call.attach(this);
    this.#waiting.add(call);
  }

  release(connection: Connection): void {
    if (this.#waiting.size > 0) return this.#serveNext(connection);
    const keepMs = connection.selectKeepMs(this.#host.keepAliveMs);
    if (this.#isRetired || keepMs <= 0) return connection.destroy('not kept');
    this.#host.watchIdle();
    connection.idleUntilMs = this.#host.sweepNowMs + keepMs;
    this.#idle.push(connection);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection);
    const at = this.#idle.lastIndexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    this.#dialNext();
    this.#forgetWhenEmpty();
  }

  keepSession(session: Buffer | undefined): void {
    this.#session = session;
  }

  /** Idle connections: the expired ones are closed, the others no longer hold the process. */
  sweep(nowMs: number): void {
    const expired = this.#idle.filter((connection) => connection.idleUntilMs <= nowMs);
    for (const connection of expired) connection.destroy('idle for too long');
    for (const connection of this.#idle) connection.unref();
  }

  /** No longer used for new calls: closes when the present ones are done. */
  retire(): void {
    this.#isRetired = true;
    for (const connection of this.#idle.slice()) connection.destroy('retired');
    this.#forgetWhenEmpty();
  }

  close(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    // A set may shrink while it is walked.
    for (const connection of this.#connections) connection.destroy('the client is closed');
    for (const call of waiting) call.fail(refuse('the client is closed'));
  }

  /** A waiting call has nothing to pause yet. */
  pause(): void {}

  resume(): void {}

  drop(call: Http1Call): void {
    this.#waiting.delete(call);
    this.#forgetWhenEmpty();
  }

  #takeIdle(): Connection | undefined {
    const connection = this.#idle.pop();
    if (connection === undefined || connection.idleUntilMs > this.#host.sweepNowMs) return connection;
    connection.destroy('idle for too long');
    return this.#takeIdle();
  }

  /** A call that wants a fresh connection may take the place of an idle one. */
  #hasRoom(): boolean {
    if (this.#connections.size < this.#host.connectionsMax) return true;
    this.#idle.shift()?.destroy('makes room');
    return this.#connections.size < this.#host.connectionsMax;
  }

  #serveNext(connection: Connection): void {
    const [next] = this.#waiting;
    if (next !== undefined) this.#serve(next, connection);
  }

  #serve(call: Http1Call, connection: Connection): void {
    // Its removal dials for the first in the queue.
    if (call.request.freshSocket === true) return connection.destroy('makes room');
    if (connection.selectKeepMs(this.#host.keepAliveMs) <= 0) return connection.destroy('not kept');
    this.#waiting.delete(call);
    return connection.send(call);
  }

  #dialNext(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#connections.size >= this.#host.connectionsMax) return;
    this.#waiting.delete(next);
    this.#dial(next);
  }

  #dial(call: Http1Call): void {
    const connection = new Connection(this, this.#host.headBytesMax);
    this.#connections.add(connection);
    try {
      connection.dial(call, (onRead) => this.#host.openSocket(this.origin, onRead, this.#session));
    } catch (error) {
      this.#connections.delete(connection);
      call.failLater(refuse(describeError(error instanceof Error ? error : new Error(String(error)))));
      this.#dialNext();
    }
  }

  #forgetWhenEmpty(): void {
    if (this.#isRetired && this.#connections.size + this.#waiting.size === 0) this.#host.forget(this);
  }
}

function refuse(detail: string): UpstreamFault {
  return { kind: 'refused', detail, isStaleSocket: false };
}

import { timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TurnGate } from './turn-gate.ts';
import {
  CANCEL_REQUEST,
  decodeReadyStatus,
  encodeFatal,
  encodePasswordRequest,
  encodeQuery,
  encodeWelcome,
  FrameSplitter,
  GSS_REQUEST,
  PROTOCOL_3,
  SSL_REQUEST,
  type Frame,
} from './wire-frames.ts';

export interface WireBackend {
  /** Runs whole frames and gives the whole answer. A rejection means that the backend is broken. */
  execute(frames: Uint8Array): Promise<Uint8Array>;
  password: string;
  /** What a server reports at the start, e.g. server_version. */
  parameters: Readonly<Record<string, string>>;
  /** A transaction whose client says nothing for so long is rolled back, and its connection closed. */
  idleInTransactionMs: number;
  gate: TurnGate<WireConnection>;
}

/** Ends of a turn: Query, Sync. Flush (H) asks for answers inside a turn. */
const TURN_ENDS = new Set(['Q', 'S']);

/**
 * One client of the embedded Postgres. All clients share one backend session, so a turn (the frames up to a
 * Sync or Query, and on to the end of the transaction that they open) is never mixed with another's: the
 * unnamed portal and the transaction belong to whoever has the turn.
 */
export class WireConnection {
  readonly #socket: Socket;
  readonly #backend: WireBackend;
  readonly #splitter = new FrameSplitter();
  #phase: 'start' | 'password' | 'ready' | 'closed' = 'start';
  #turn: Buffer[] = [];
  #work: Promise<void> = Promise.resolve();
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, backend: WireBackend) {
    this.#socket = socket;
    this.#backend = backend;
    socket.setNoDelay(true);
    // The close event follows and says all that matters.
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('close', () => this.#leave());
  }

  /** Closes the connection; resolves when its transaction is rolled back. */
  async close(): Promise<void> {
    this.#socket.destroy();
    this.#leave();
    await this.#work;
  }

  #receive(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk);
      while (this.#phase !== 'closed') {
        const frame = this.#splitter.take(this.#phase !== 'start');
        if (!frame) return;
        this.#take(frame);
      }
    } catch {
      // Not Postgres' protocol.
      this.#socket.destroy();
    }
  }

  #take(frame: Frame): void {
    if (this.#phase === 'start') return this.#greet(frame);
    if (this.#phase === 'password') return this.#checkPassword(frame);
    if (frame.type === 'X') return void this.#socket.destroy();
    this.#turn.push(frame.bytes);
    if (frame.type !== 'H' && !TURN_ENDS.has(frame.type)) return;
    const frames = Buffer.concat(this.#turn);
    this.#turn = [];
    this.#enqueue(() => this.#run(frames));
  }

  #greet(frame: Frame): void {
    const code = frame.bytes.readUInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) return void this.#socket.write('N');
    if (code === CANCEL_REQUEST || code !== PROTOCOL_3) return void this.#socket.destroy();
    this.#phase = 'password';
    this.#socket.write(encodePasswordRequest());
  }

  #checkPassword(frame: Frame): void {
    const given = frame.bytes.subarray(5, -1);
    const expected = Buffer.from(this.#backend.password);
    if (frame.type !== 'p' || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      this.#socket.end(encodeFatal('28P01', 'password authentication failed'));
      this.#phase = 'closed';
      return;
    }
    this.#phase = 'ready';
    this.#socket.write(encodeWelcome(this.#backend.parameters));
  }

  async #run(frames: Buffer): Promise<void> {
    if (this.#phase === 'closed') return;
    clearTimeout(this.#idleTimer);
    await this.#backend.gate.acquire(this);
    const answer = await this.#backend.execute(frames);
    if (!this.#socket.destroyed) this.#socket.write(answer);
    if (decodeReadyStatus(answer) === 'idle') return this.#backend.gate.release(this);
    this.#idleTimer = setTimeout(() => this.#socket.destroy(), this.#backend.idleInTransactionMs).unref();
  }

  #leave(): void {
    if (this.#phase === 'closed' && !this.#backend.gate.isHeldBy(this)) return;
    this.#phase = 'closed';
    clearTimeout(this.#idleTimer);
    this.#enqueue(() => this.#rollBack());
  }

  /** Also ends an implicit transaction, which a client left without its Sync. */
  async #rollBack(): Promise<void> {
    if (!this.#backend.gate.isHeldBy(this)) return;
    clearTimeout(this.#idleTimer);
    await this.#backend.execute(encodeQuery('rollback'));
    this.#backend.gate.release(this);
  }

  /** A fault of the backend is not caught: it ends the worker, which is the only sound answer to it. */
  #enqueue(step: () => Promise<void>): void {
    this.#work = this.#work.then(step);
  }
}

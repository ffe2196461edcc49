import type { Socket } from 'node:net';
import { ReplyDecoder } from './decode-reply.ts';
import { encodeCommands, type CommandText } from './encode-command.ts';
import { ExchangeQueue, type OnReplies } from './exchange-queue.ts';
import { Handshake, type HandshakeVerdict } from './handshake.ts';
import { openSocket } from './open-socket.ts';
import type { RedisAddress } from './parse-redis-url.ts';
import { ConnectionLostError, RespError, type RespOutcome, type RespValue } from './reply.ts';

export interface RespConnectionOptions {
  address: RedisAddress;
  connectionName: string;
  /** For the socket with TLS, and then for the first answers. */
  connectTimeoutMs: number;
  /** Redis knows us and answered a PING. */
  onReady(): void;
  /** Comes once, whatever the end was; never during the constructor. */
  onClose(reason: ConnectionLostError): void;
}

const ASK_AGAIN_MS = 100;

/** A primary that became a replica, or a replica that loads anew: an address of a failover may lead elsewhere. */
const LEAVE = /^(?:READONLY|LOADING|MASTERDOWN)\b|-READONLY /;

/**
 * One connection to Redis, from its opening to its end. Replies come in the order of the commands; when it
 * ends, for whatever reason, each command without a reply gets the same ConnectionLostError.
 */
export class RespConnection {
  readonly #options: RespConnectionOptions;
  readonly #handshake: Handshake;
  readonly #socket: Socket;
  readonly #decoder = new ReplyDecoder();
  readonly #queue = new ExchangeQueue();
  #timer: NodeJS.Timeout;
  #isReady = false;
  #isClosed = false;
  #leaveBecause: string | null = null;

  constructor(options: RespConnectionOptions) {
    this.#options = options;
    this.#handshake = new Handshake(options.address, options.connectionName);
    this.#socket = openSocket(options.address, {
      onOpen: () => this.#shakeHands(),
      onBytes: (bytes) => this.#receive(bytes),
    });
    this.#socket.on('error', (error) => this.close(error.message, error));
    this.#socket.on('close', () => this.close('Redis closed the connection'));
    this.#timer = this.#startTimer();
  }

  /** Also false once it has ended. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Sends `count` commands in one write. `onReplies` comes exactly once, never during this call, with `count`
   * outcomes. Only while it is ready.
   */
  exchange(commands: CommandText, count: number, onReplies: OnReplies): void {
    this.#queue.add(count, onReplies);
    this.#socket.write(commands.text, commands.isAscii ? 'latin1' : 'utf8');
  }

  /** Ends it at once. `reason` goes to every command without a reply. */
  close(reason: string, cause?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isReady = false;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    const fault = new ConnectionLostError(reason, { cause });
    this.#queue.fail(fault);
    this.#options.onClose(fault);
  }

  #shakeHands(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#startTimer();
    const { commands } = this.#handshake;
    this.exchange(encodeCommands(commands), commands.length, (replies) => {
      clearTimeout(this.#timer);
      if (!isLost(replies)) this.#follow(this.#handshake.judge(replies));
    });
  }

  #startTimer(): NodeJS.Timeout {
    const { connectTimeoutMs } = this.#options;
    return setTimeout(() => this.close('Redis was not ready in time'), connectTimeoutMs).unref();
  }

  #follow(verdict: HandshakeVerdict): void {
    if (verdict.kind === 'refused') {
      this.close(`Redis refused ${verdict.code}: ${verdict.message}`);
    } else if (verdict.kind === 'again') {
      this.#timer = setTimeout(() => this.#shakeHands(), ASK_AGAIN_MS).unref();
    } else {
      this.#isReady = true;
      this.#options.onReady();
    }
  }

  #receive(bytes: Buffer): void {
    const replies: RespValue[] = [];
    let garbage: Error | null = null;
    try {
      this.#decoder.decode(bytes, replies);
    } catch (error) {
      garbage = error as Error;
    }
    for (const reply of replies) this.#take(reply);
    if (garbage) this.close(`Redis sent ${garbage.message}`, garbage);
    else if (this.#leaveBecause !== null) this.close(this.#leaveBecause);
  }

  #take(reply: RespValue): void {
    if (this.#isClosed) return;
    if (this.#isReady && reply instanceof RespError && LEAVE.test(reply.message)) {
      this.#leaveBecause ??= reply.message;
    }
    if (!this.#queue.take(reply)) this.close('Redis sent a reply that nobody asked for');
  }
}

function isLost(replies: RespOutcome[]): boolean {
  return replies.some((reply) => reply instanceof ConnectionLostError);
}

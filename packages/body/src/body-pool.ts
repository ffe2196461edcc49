import { TollgateError, type Logger } from '@tollgate/core';
import {
  translateRequest,
  type RequestTranslation,
  type RequestTranslationOptions,
} from '@tollgate/translate';
import { Piscina } from 'piscina';
import { ownBytes } from './own-bytes.ts';
import { scanMessagesBody, type ScanResult } from './scan-messages-body.ts';
import { scanProtocolBody, type ProtocolScanResult } from './scan-protocol-body.ts';
import { WorkGate } from './work-gate.ts';

/**
 * Up to this size a body is scanned on the loop, above it in a worker. bench/crossover.bench.ts: a hand-over
 * costs the loop 40–60 µs of CPU when it has nothing else to do (a wake-up for each body), an inline scan
 * 0.6–0.8 µs a KB, so they meet near 64 KB; at 1 MB the worker takes 0.08 of the inline CPU, at 8 MB 0.013.
 * In wall time a worker never wins. Against JSON.parse the inline scan takes 0.6 of the time at 8–64 KB,
 * 0.3–0.35 at 128 KB and 1 MB, 0.6 at 8 MB.
 */
export const INLINE_SCAN_BYTES_MAX = 65_536;

const TASK_TIMEOUT_MS = 10_000;

export interface BodyPoolOptions {
  /** Worker threads, started at once and kept. */
  threads: number;
  /** Bodies that may wait for a thread; one more is refused. */
  queueMax: number;
  logger: Logger;
  /** From hand-over to answer, a worker's start included; after it the threads are replaced. 10 s by default. */
  taskTimeoutMs?: number;
  /** Another worker file, for tests of what happens when one misbehaves. */
  workerUrl?: URL;
}

export interface ScannedBody<Result = ScanResult> {
  result: Result;
  /** The same bytes. Use this one: the buffer that was handed in may be gone. */
  body: Buffer;
}

/** The protocols of clients that are scanned by `scanProtocolBody`; also the names of the worker's functions. */
export type PooledProtocol = 'chat' | 'responses' | 'gemini';

/** A request in the words of another protocol, with the client's own bytes: another attempt may translate them again. */
export type TranslatedBody = ScannedBody<RequestTranslation>;

/** What a worker is given: bytes to look through, or to translate as the options say. */
export type BodyTask = Uint8Array | { bytes: Uint8Array; options: RequestTranslationOptions };

/** What travels back from a worker. */
export interface ScannedBytes<Result = ScanResult> {
  result: Result;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface BodyPool {
  /** Small bodies at once and without a promise, large ones in a worker as `scanInWorker`. */
  scanBody(body: Buffer, signal?: AbortSignal): ScannedBody | Promise<ScannedBody>;
  /**
   * Takes `body`: its memory moves to a worker and back. Rejects with TollgateError `unavailable` when too
   * many wait, the worker fails, dies or is too slow (the bytes are lost then) or the pool is closed, and `client_closed`
   * when the signal fires.
   */
  scanInWorker(body: Buffer, signal?: AbortSignal): Promise<ScannedBody>;
  /** The same for the other protocols: small bodies at once, large ones in a worker. */
  scanProtocol(
    protocol: PooledProtocol,
    body: Buffer,
    signal?: AbortSignal,
  ): ScannedBody<ProtocolScanResult> | Promise<ScannedBody<ProtocolScanResult>>;
  /** The request in another protocol (API-3): small bodies at once, large ones in a worker as `scanInWorker`. */
  translate(
    body: Buffer,
    options: RequestTranslationOptions,
    signal?: AbortSignal,
  ): TranslatedBody | Promise<TranslatedBody>;
  /** Bodies that wait for a thread. */
  readonly waiting: number;
  /** Refuses what waits, lets what runs finish. */
  close(): Promise<void>;
}

export function createBodyPool(options: BodyPoolOptions): BodyPool {
  return new PiscinaBodyPool(options);
}

type ScanThreads = Piscina<BodyTask, ScannedBytes<unknown>>;

class PiscinaBodyPool implements BodyPool {
  #piscina: ScanThreads;
  /**
   * In front of Piscina's own queue, as its abort signal kills the thread of a body that is being scanned:
   * clients that leave early could then keep all threads in their start-up.
   */
  readonly #gate: WorkGate;
  readonly #options: BodyPoolOptions;

  constructor(options: BodyPoolOptions) {
    this.#options = options;
    this.#gate = new WorkGate(options.threads, options.queueMax);
    this.#piscina = startThreads(options);
  }

  get waiting(): number {
    return this.#gate.waiting;
  }

  scanBody(body: Buffer, signal?: AbortSignal): ScannedBody | Promise<ScannedBody> {
    if (body.length <= INLINE_SCAN_BYTES_MAX) return { result: scanMessagesBody(body), body };
    return this.scanInWorker(body, signal);
  }

  async scanInWorker(body: Buffer, signal?: AbortSignal): Promise<ScannedBody> {
    return this.#runAs<ScanResult>('default', body, signal);
  }

  scanProtocol(
    protocol: PooledProtocol,
    body: Buffer,
    signal?: AbortSignal,
  ): ScannedBody<ProtocolScanResult> | Promise<ScannedBody<ProtocolScanResult>> {
    if (body.length <= INLINE_SCAN_BYTES_MAX) return { result: scanProtocolBody(protocol, body), body };
    return this.#runAs<ProtocolScanResult>(protocol, body, signal);
  }

  translate(
    body: Buffer,
    options: RequestTranslationOptions,
    signal?: AbortSignal,
  ): TranslatedBody | Promise<TranslatedBody> {
    if (body.length <= INLINE_SCAN_BYTES_MAX) return { result: translateRequest(body, options), body };
    return this.#runAs<RequestTranslation>('translate', body, signal, options);
  }

  /** `name`: which function of the worker, which also settles what its result is. */
  async #runAs<Result>(
    name: 'default' | 'translate' | PooledProtocol,
    body: Buffer,
    signal: AbortSignal | undefined,
    options?: RequestTranslationOptions,
  ): Promise<ScannedBody<Result>> {
    const { result, bytes } = await this.#gate.run(() => this.#runTask(name, body, options), signal);
    const back = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { result: result as Result, body: back };
  }

  async close(): Promise<void> {
    await this.#gate.close();
    await this.#piscina.destroy();
  }

  async #runTask(
    name: string,
    body: Buffer,
    options: RequestTranslationOptions | undefined,
  ): Promise<ScannedBytes<unknown>> {
    const bytes = ownBytes(body);
    const task = options === undefined ? bytes : { bytes, options };
    const piscina = this.#piscina;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.#replaceThreads(piscina);
      reject(new Error('no answer in time'));
    }, this.#options.taskTimeoutMs ?? TASK_TIMEOUT_MS).unref();
    try {
      return await Promise.race([piscina.run(task, { name, transferList: [bytes.buffer] }), late]);
    } catch (fault) {
      this.#options.logger.error({ err: fault }, 'body worker failed');
      throw new TollgateError('unavailable', { cause: fault });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Piscina starts no worker again once one has failed in its start-up: what is given to it then waits forever. */
  #replaceThreads(broken: ScanThreads): void {
    if (this.#piscina !== broken) return;
    this.#piscina = startThreads(this.#options);
    broken.destroy().catch((fault: unknown) => {
      this.#options.logger.error({ err: fault }, 'body workers did not stop');
    });
  }
}

function startThreads({ threads, logger, workerUrl }: BodyPoolOptions): ScanThreads {
  const filename = (workerUrl ?? new URL('./scan-worker.ts', import.meta.url)).href;
  const piscina: ScanThreads = new Piscina({ filename, minThreads: threads, maxThreads: threads });
  // A worker that dies while idle arrives here; without a listener it would end the process.
  piscina.on('error', (fault) => logger.error({ err: fault }, 'idle body worker failed'));
  return piscina;
}

import { TollgateError, type Logger } from '@tollgate/core';
import { Piscina } from 'piscina';
import { scanMessagesBody, type ScanResult } from './scan-messages-body.ts';
import { WorkGate } from './work-gate.ts';

/**
 * Up to this size a body is scanned on the loop, above it in a worker. bench/crossover.bench.ts: a hand-over
 * costs the loop 40–60 µs of CPU when it has nothing else to do (a wake-up for each body), an inline scan
 * 0.6–0.8 µs a KB, so they meet near 64 KB; at 1 MB the worker takes 0.08 of the inline CPU, at 8 MB 0.013.
 * In wall time a worker never wins. Against JSON.parse the inline scan takes 0.6 of the time at 8–64 KB,
 * 0.3–0.35 at 128 KB and 1 MB, 0.6 at 8 MB.
 */
export const INLINE_SCAN_BYTES_MAX = 65_536;

export interface BodyPoolOptions {
  /** Worker threads, started at once and kept. */
  threads: number;
  /** Bodies that may wait for a thread; one more is refused. */
  queueMax: number;
  logger: Logger;
  /** Another worker file, for tests of what happens when one misbehaves. */
  workerUrl?: URL;
}

export interface ScannedBody {
  result: ScanResult;
  /** The same bytes. Use this one: the buffer that was handed in may be gone. */
  body: Buffer;
}

/** What travels back from a worker. */
export interface ScannedBytes {
  result: ScanResult;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface BodyPool {
  /** Small bodies at once and without a promise, large ones in a worker as `scanInWorker`. */
  scanBody(body: Buffer, signal?: AbortSignal): ScannedBody | Promise<ScannedBody>;
  /**
   * Takes `body`: its memory moves to a worker and back. Rejects with TollgateError `unavailable` when too
   * many wait, the worker fails or dies (the bytes are lost then) or the pool is closed, and `client_closed`
   * when the signal fires.
   */
  scanInWorker(body: Buffer, signal?: AbortSignal): Promise<ScannedBody>;
  /** Bodies that wait for a thread. */
  readonly waiting: number;
  /** Refuses what waits, lets what runs finish. */
  close(): Promise<void>;
}

export function createBodyPool(options: BodyPoolOptions): BodyPool {
  return new PiscinaBodyPool(options);
}

class PiscinaBodyPool implements BodyPool {
  readonly #piscina: Piscina<Uint8Array, ScannedBytes>;
  /**
   * In front of Piscina's own queue, as its abort signal kills the thread of a body that is being scanned:
   * clients that leave early could then keep all threads in their start-up.
   */
  readonly #gate: WorkGate;
  readonly #logger: Logger;

  constructor({ threads, queueMax, logger, workerUrl }: BodyPoolOptions) {
    const filename = (workerUrl ?? new URL('./scan-worker.ts', import.meta.url)).href;
    this.#piscina = new Piscina({ filename, minThreads: threads, maxThreads: threads });
    this.#gate = new WorkGate(threads, queueMax);
    this.#logger = logger;
    // A worker that dies while idle arrives here; without a listener it would end the process.
    this.#piscina.on('error', (fault) => logger.error({ err: fault }, 'idle body worker failed'));
  }

  get waiting(): number {
    return this.#gate.waiting;
  }

  scanBody(body: Buffer, signal?: AbortSignal): ScannedBody | Promise<ScannedBody> {
    if (body.length <= INLINE_SCAN_BYTES_MAX) return { result: scanMessagesBody(body), body };
    return this.scanInWorker(body, signal);
  }

  async scanInWorker(body: Buffer, signal?: AbortSignal): Promise<ScannedBody> {
    const { result, bytes } = await this.#gate.run(() => this.#runTask(body), signal);
    return { result, body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  }

  async close(): Promise<void> {
    await this.#gate.close();
    await this.#piscina.destroy();
  }

  async #runTask(body: Buffer): Promise<ScannedBytes> {
    const bytes = ownBytes(body);
    try {
      return await this.#piscina.run(bytes, { transferList: [bytes.buffer] });
    } catch (fault) {
      this.#logger.error({ err: fault, bodyBytes: body.length }, 'body worker failed');
      throw new TollgateError('unavailable', { cause: fault });
    }
  }
}

/** A transfer takes the whole ArrayBuffer, so a view of shared memory (Node's buffer pool) is copied first. */
function ownBytes(body: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer } = body;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === body.length;
  return isWhole ? new Uint8Array(buffer) : new Uint8Array(body);
}

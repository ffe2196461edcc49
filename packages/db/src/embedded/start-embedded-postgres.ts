import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { lockDataDir } from './lock-data-dir.ts';
import type { PostgresWorkerData } from './postgres-worker.ts';

export interface EmbeddedPostgresOptions {
  /** Where the data lives; left out = in memory, gone with the process. */
  dataDir?: string;
  /** Called once if the database dies by itself; statements reject from then on. */
  onFault?: (error: Error) => void;
  /** A transaction whose client says nothing for so long is rolled back. Default one minute. */
  idleInTransactionMs?: number;
}

export interface EmbeddedPostgres {
  /** For openDatabase. Holds a password that is new with each start: only who has the URL gets in. */
  url: string;
  /** Closes all connections (open transactions roll back) and the files. Idempotent. */
  stop(): Promise<void>;
}

const IDLE_IN_TRANSACTION_MS = 60_000;

/**
 * Postgres inside this process, in a thread of its own, on a free port of 127.0.0.1, for one node without a
 * server. What is committed survives the death of the process (not a loss of power: the engine leaves
 * flushing to the operating system). All connections share one session and run one transaction at a time:
 * `SET`, session locks and temporary tables are seen by all, and whoever needs a second connection while
 * it holds a transaction on the first waits for itself. Throws DataDirLockedError.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const unlock = options.dataDir === undefined ? () => {} : lockDataDir(options.dataDir);
  try {
    const password = randomBytes(24).toString('base64url');
    const worker = startWorker({
      dataDir: options.dataDir === undefined ? null : join(options.dataDir, 'pgdata'),
      password,
      idleInTransactionMs: options.idleInTransactionMs ?? IDLE_IN_TRANSACTION_MS,
    });
    const port = await waitForPort(worker);
    return watchWorker(worker, `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, unlock, options);
  } catch (error) {
    unlock();
    throw error;
  }
}

function startWorker(workerData: PostgresWorkerData): Worker {
  return new Worker(new URL('./postgres-worker.ts', import.meta.url), {
    workerData,
    // Options of the parent such as --input-type are not for this file.
    execArgv: [],
  });
}

function waitForPort(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: { port: number }) => resolve(message.port));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the embedded Postgres ended with code ${code}`)));
  });
}

function watchWorker(
  worker: Worker,
  url: string,
  unlock: () => void,
  { onFault }: EmbeddedPostgresOptions,
): EmbeddedPostgres {
  let stopping = false;
  let fault: unknown;
  const gone = new Promise<void>((resolve) => {
    worker.once('error', (error) => (fault = error));
    worker.once('exit', (code) => {
      unlock();
      resolve();
      if (!stopping) onFault?.(new Error(`the embedded Postgres ended with code ${code}`, { cause: fault }));
    });
  });
  return {
    url,
    async stop() {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      if (!stopping) worker.postMessage('stop');
      stopping = true;
      await gone;
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Work of the control plane that is done again and again. */
export interface Job {
  start(): void;
  /** One round, or the one that is under way. Never rejects: what fails is done in the next one. */
  run(): Promise<void>;
  /** Begins nothing more; resolves when a round under way is over, or hangs with its database ({@link STOP_WAIT_MS}). */
  stop(): Promise<void>;
}

export interface PeriodicJob extends Job {
  /**
   * A round that begins after this call: the one under way may have looked already where there is something new now.
   * However many ask for it, it is one. Never rejects.
   */
  runAnew(): Promise<void>;
}

/** Rounds are safe to be cut: what they did not commit is done by the next process. */
const STOP_WAIT_MS = 5_000;

export interface PeriodicJobOptions {
  intervalMs: number;
  /** One round; it ends early when `stopping` is aborted. */
  runRound(stopping: AbortSignal): Promise<void>;
  onFault(fault: unknown): void;
  /** Default 5 s. */
  stopWaitMs?: number;
}

/** Rounds one at a time: the first at once, then one each interval; a round that takes longer is not doubled. */
export function createPeriodicJob(options: PeriodicJobOptions): PeriodicJob {
  const { intervalMs, runRound, onFault, stopWaitMs = STOP_WAIT_MS } = options;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const run = (): Promise<void> => {
    if (stopping.signal.aborted) return running ?? Promise.resolve();
    running ??= runRound(stopping.signal)
      .catch(onFault)
      .finally(() => (running = null));
    return running;
  };
  const runNext = (): Promise<void> => {
    next = null;
    return run();
  };
  return {
    start() {
      timer ??= setInterval(() => void run(), intervalMs).unref();
      void run();
    },
    run,
    runAnew: () => (running === null ? run() : (next ??= running.then(runNext))),
    async stop() {
      stopping.abort();
      clearInterval(timer);
      await Promise.race([running, sleep(stopWaitMs, undefined, { ref: false })]);
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { planRefreshRetry } from '@tollgate/accounts';
import type { Logger } from '@tollgate/core';
import {
  beginRefresh,
  endRefresh,
  listDueRefreshes,
  type Database,
  type RefreshEnd,
  type RefreshLease,
} from '@tollgate/db';
import { refreshAccount, type RefreshServices } from '../oauth/refresh-account.ts';
import { createPeriodicJob, type Job } from './periodic-job.ts';
import { waitAtMost } from './wait-at-most.ts';

export interface TokenRefreshOptions extends RefreshServices {
  db: Database;
  logger: Logger;
  /** Pushes the outbox. */
  afterCommit(): Promise<unknown>;
  /** How often it is looked for what is due. Default 5 s. */
  intervalMs?: number;
  /** Longer than a request may take and its outcome may wait for the database. Default 60 s. */
  leaseMs?: number;
}

export interface TokenRefreshJob {
  start(): void;
  /** A gateway's wish (401 from the upstream): at once, if it is sensible. Never rejects. */
  refreshNow(accountId: string): Promise<void>;
  /**
   * Begins nothing more; resolves when what is under way is over: a token that was asked for must be stored. For a
   * database that gives no answer it waits 2.5 s, from the upstream's answer on.
   */
  stop(): Promise<void>;
}

const INTERVAL_MS = 5_000;
const LEASE_MS = 60_000;
const DUE_MAX = 100;
const PARALLEL_MAX = 4;
/** Wishes for different accounts at the same time; more are dropped: the gateways ask again. */
const WISHES_MAX = 64;
/** A token that is refused although it is new will not be better for another refresh. */
const WISH_INTERVAL_MS = 60_000;
const WRITE_RETRY_MS = 500;
/** How long a stop waits for a database that is away. */
const STOP_WRITE_MS = 2_500;

/** ACC-6: refreshes tokens ahead of their end and on demand. Any number may run: each account is one's at a time. */
export function createTokenRefreshJob(options: TokenRefreshOptions): TokenRefreshJob {
  return new RefreshTokens(options);
}

class RefreshTokens implements TokenRefreshJob {
  readonly #options: TokenRefreshOptions;
  readonly #leaseMs: number;
  readonly #running = new Map<string, Promise<void>>();
  /** Those of them whose upstream has been asked and has not answered. */
  readonly #asked = new Set<Promise<unknown>>();
  readonly #rounds: Job;
  /** Monotonic ms; null = it goes on. */
  #stoppedAtMs: number | null = null;
  /** From then on nobody would store what an upstream gives. */
  #isOver = false;

  constructor(options: TokenRefreshOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#rounds = createPeriodicJob({
      intervalMs: options.intervalMs ?? INTERVAL_MS,
      runRound: () => this.#runRound(),
      onFault: (fault) => options.logger.warn({ err: fault }, 'no look at tokens that are due'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  refreshNow(accountId: string): Promise<void> {
    if (this.#running.size >= WISHES_MAX && !this.#running.has(accountId)) return Promise.resolve();
    return this.#refresh(accountId, 'wish');
  }

  async stop(): Promise<void> {
    this.#stoppedAtMs ??= this.#options.clock.monotonicMs();
    const over = Promise.all([this.#rounds.stop(), ...this.#running.values()]);
    // Each asks within its own time limit, and none begins to ask now.
    await Promise.allSettled(this.#asked);
    await waitAtMost(over, STOP_WRITE_MS);
    this.#isOver = true;
  }

  async #runRound(): Promise<void> {
    const due = await listDueRefreshes(this.#options.db, DUE_MAX);
    const work = async (): Promise<void> => {
      for (let id = due.shift(); id !== undefined; id = due.shift()) await this.#refresh(id, 'due');
    };
    await Promise.all(Array.from({ length: PARALLEL_MAX }, work));
  }

  /** One at a time for an account, whoever asks. */
  #refresh(accountId: string, trigger: 'due' | 'wish'): Promise<void> {
    if (this.#stoppedAtMs !== null) return Promise.resolve();
    const known = this.#running.get(accountId);
    if (known !== undefined) return known;
    const running = this.#refreshOnce(accountId, trigger)
      .catch((fault: unknown) =>
        this.#options.logger.warn({ err: fault, accountId }, 'a token was not refreshed'),
      )
      .finally(() => this.#running.delete(accountId));
    this.#running.set(accountId, running);
    return running;
  }

  async #refreshOnce(accountId: string, trigger: 'due' | 'wish'): Promise<void> {
    const { db, logger } = this.#options;
    const lease = await beginRefresh(db, accountId, {
      trigger,
      leaseMs: this.#leaseMs,
      wishIntervalMs: WISH_INTERVAL_MS,
      planRetry: planRefreshRetry,
    });
    if (lease === null || this.#isOver) return;
    const end = await this.#ask(lease);
    if (!(await this.#write(lease, end))) {
      logger.warn({ accountId }, 'a refresh came too late: its account has newer credentials, or is gone');
      return;
    }
    this.#log(lease, end);
    await this.#options.afterCommit().catch((fault: unknown) => {
      logger.warn(
        { err: fault, accountId },
        'nodes hear late of a refreshed token: the outbox will tell them',
      );
    });
  }

  async #ask(lease: RefreshLease): Promise<RefreshEnd> {
    const asked = refreshAccount(this.#options, lease);
    this.#asked.add(asked);
    try {
      return await asked;
    } finally {
      this.#asked.delete(asked);
    }
  }

  /** The old token may be spent: what came back is written as soon as the database is there, while the lease lasts. */
  async #write(lease: RefreshLease, end: RefreshEnd): Promise<boolean> {
    const { db, clock, logger } = this.#options;
    const untilMs = clock.monotonicMs() + this.#leaseMs;
    for (;;) {
      try {
        return await endRefresh(db, lease, end);
      } catch (fault) {
        if (clock.monotonicMs() >= Math.min(untilMs, this.#writeUntilMs)) throw fault;
        logger.warn(
          { err: fault, accountId: lease.accountId },
          'the outcome of a refresh waits for the database',
        );
        await sleep(WRITE_RETRY_MS);
      }
    }
  }

  get #writeUntilMs(): number {
    return this.#stoppedAtMs === null ? Infinity : this.#stoppedAtMs + STOP_WRITE_MS;
  }

  #log({ accountId, failures }: RefreshLease, end: RefreshEnd): void {
    const { logger } = this.#options;
    if (end.kind === 'refreshed') logger.info({ accountId }, 'token refreshed');
    else if (end.kind === 'failed')
      logger.warn({ accountId, failures, reason: end.reason }, 'token refresh failed');
  }
}

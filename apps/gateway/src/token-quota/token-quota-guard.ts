import {
  advanceQuota,
  QUOTA_START,
  type QuotaEffect,
  type QuotaInput,
  type QuotaState,
} from '@tollgate/accounts';
import { TollgateError, type Clock, type Logger, type TokenQuotaSource, type UserId } from '@tollgate/core';
import { StoreUnavailableError, type Store } from '@tollgate/store';

export interface TokenQuotaServices {
  store: Store;
  source: TokenQuotaSource;
  clock: Clock;
  logger: Logger;
  /** What a refusal answers. */
  status: 400 | 429;
}

/** Users whose figures are kept; the oldest goes when one more comes, unless requests wait for it. */
const USERS_MAX = 100_000;

type Answer = TollgateError | null;

interface GuardedUser {
  state: QuotaState;
  waiting: ((answer: Answer) => void)[];
}

/**
 * LIM-10, the runner of the state machine in packages/accounts: block flag → figures of the last minute →
 * database. What decides is the machine; this carries its effects out and feeds back what comes of them.
 */
export class TokenQuotaGuard {
  readonly #services: TokenQuotaServices;
  readonly #users = new Map<UserId, GuardedUser>();

  constructor(services: TokenQuotaServices) {
    this.#services = services;
  }

  /**
   * null = go on. The flag comes first, and rides in the admission call wherever the figures of the last minute
   * let the request pass; only without them is it asked for alone. Never rejects.
   */
  async check(userId: UserId): Promise<Answer> {
    const { state } = this.#find(userId);
    const next = advanceQuota(state, { kind: 'flag-absent' }, this.#services.clock.nowMs());
    if (next.effects[0]?.do === 'pass') return null;
    return this.checkAgain(userId);
  }

  /** After a wait, where no admission call carries the flag: asks for the flag, whatever the figures say. */
  async checkAgain(userId: UserId): Promise<Answer> {
    const input = await this.#readFlag(userId);
    return new Promise((resolve) => this.#feed(userId, input, resolve));
  }

  /** Tokens that an attempt of this user has used. */
  settled(userId: UserId, tokens: number): void {
    if (this.#users.has(userId)) this.#feed(userId, { kind: 'settled', tokens });
  }

  /** An admin has raised the limit or begun a new period: figures and flag are void. */
  changed(userId: UserId): void {
    this.#feed(userId, { kind: 'limit-raised' });
  }

  /** Anything may have changed: all is read again. */
  changedAll(): void {
    for (const userId of this.#users.keys()) this.changed(userId);
  }

  buildRefusal(retryAfterMs: number): TollgateError {
    const { status } = this.#services;
    const vendorCode = TOKEN_QUOTA_CODE;
    return new TollgateError('token_quota_exceeded', {
      status,
      retryAfterMs,
      shouldRetry: false,
      vendorCode,
    });
  }

  async #readFlag(userId: UserId): Promise<QuotaInput> {
    const nothing = { money: null, windows: [], slots: [], queue: null };
    try {
      const result = await this.#services.store.admit({ userId, checksTokenQuota: true, ...nothing });
      const isBlocked = !result.admitted && result.reason === 'token-quota';
      return isBlocked ? { kind: 'flag-found', lifeMs: result.retryAfterMs } : { kind: 'flag-absent' };
    } catch (fault) {
      if (!(fault instanceof StoreUnavailableError)) throw fault;
      return { kind: 'store-fault' };
    }
  }

  #find(userId: UserId): GuardedUser {
    const known = this.#users.get(userId);
    if (known) return known;
    if (this.#users.size >= USERS_MAX) this.#forgetOldest();
    const user: GuardedUser = { state: QUOTA_START, waiting: [] };
    this.#users.set(userId, user);
    return user;
  }

  #forgetOldest(): void {
    for (const [userId, { waiting }] of this.#users) {
      if (waiting.length > 0) continue;
      this.#users.delete(userId);
      return;
    }
  }

  #feed(userId: UserId, input: QuotaInput, asker?: (answer: Answer) => void): void {
    const user = this.#find(userId);
    const { state, effects } = advanceQuota(user.state, input, this.#services.clock.nowMs());
    user.state = state;
    if (asker) user.waiting.push(asker);
    for (const effect of effects) this.#run(userId, user, effect, asker);
  }

  #run(userId: UserId, user: GuardedUser, effect: QuotaEffect, asker?: (answer: Answer) => void): void {
    const { store, source, clock } = this.#services;
    switch (effect.do) {
      case 'pass':
        return answerAll(user, null);
      case 'refuse':
        return answerAll(user, this.buildRefusal(effect.retryAfterMs));
      case 'refuse-asker':
        user.waiting = user.waiting.filter((waiter) => waiter !== asker);
        return asker?.(this.buildRefusal(effect.retryAfterMs));
      case 'refuse-unknown':
        return answerAll(user, new TollgateError('unavailable', { retryAfterMs: 1_000 }));
      case 'read-database':
        return this.#ask(userId, source.read(userId), (figures) => ({ kind: 'row', figures }));
      case 'reset-if-due':
        return this.#ask(userId, source.resetIfDue(userId, clock.nowMs()), () => ({ kind: 'reset-done' }));
      case 'write-flag':
        return this.#tell(store.blockTokenQuota(userId, effect.lifeMs));
      case 'clear-flag':
        return this.#tell(store.clearTokenQuota(userId));
    }
  }

  #ask<Answered extends Awaited<ReturnType<TokenQuotaSource['read']>>>(
    userId: UserId,
    call: Promise<Answered>,
    buildInput: (figures: Figures | null) => QuotaInput,
  ): void {
    call.then(
      (row) => this.#feed(userId, buildInput(mapRow(row))),
      (fault: unknown) => {
        this.#services.logger.error({ err: fault, userId }, 'token quota cannot be read');
        this.#feed(userId, { kind: 'database-fault' });
      },
    );
  }

  /** A flag only spares the database: without it, every request is judged by figures. */
  #tell(call: Promise<void>): void {
    call.catch((fault: unknown) => this.#services.logger.debug({ err: fault }, 'token quota flag not moved'));
  }
}

/** LIM-10's own number for the refusal. */
const TOKEN_QUOTA_CODE = 40_051;

type Figures = { tokenLimit: number; tokenUsage: number; lastResetAtMs: number | null };

function mapRow(row: Awaited<ReturnType<TokenQuotaSource['read']>>): Figures | null {
  return row && { tokenLimit: row.limit, tokenUsage: row.usage, lastResetAtMs: row.lastResetAtMs };
}

function answerAll(user: GuardedUser, answer: Answer): void {
  const { waiting } = user;
  user.waiting = [];
  for (const waiter of waiting) waiter(answer);
}

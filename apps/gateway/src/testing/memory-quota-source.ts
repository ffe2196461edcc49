import { TOKEN_QUOTA_PERIOD_MS, type TokenQuota, type TokenQuotaSource, type UserId } from '@tollgate/core';

/** Quotas in a Map; `isAway` makes every call fail. Counts what it is asked. */
export class MemoryQuotaSource implements TokenQuotaSource {
  readonly quotas = new Map<UserId, TokenQuota>();
  isAway = false;
  reads = 0;
  resets = 0;

  async read(userId: UserId): Promise<TokenQuota | null> {
    this.reads += 1;
    if (this.isAway) throw new Error('the database is away');
    return this.quotas.get(userId) ?? null;
  }

  async resetIfDue(userId: UserId, nowMs: number): Promise<TokenQuota | null> {
    this.resets += 1;
    if (this.isAway) throw new Error('the database is away');
    const quota = this.quotas.get(userId);
    if (!quota) return null;
    const isDue = quota.lastResetAtMs === null || quota.lastResetAtMs + TOKEN_QUOTA_PERIOD_MS <= nowMs;
    if (isDue) this.quotas.set(userId, { ...quota, usage: 0, lastResetAtMs: nowMs });
    return this.quotas.get(userId) ?? null;
  }
}

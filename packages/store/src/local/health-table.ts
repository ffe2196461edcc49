import type { AccountId, AccountReport, LeaseId } from '@tollgate/core';
import type { AccountState } from '../account-port.ts';
import { needsProbe, readStanding, type Health, type Standing } from '../rules/account-standing.ts';
import { PROBE_MS } from '../rules/account-timings.ts';
import { applyFinding, CLEAN_RECORD, type HealthRecord } from '../rules/apply-finding.ts';
import { countSuccess } from '../rules/breaker.ts';

interface Scope {
  accountId: AccountId;
  upstreamModel: string | null;
  record: HealthRecord;
  /** Of the last change of the state. */
  version: number;
}

/** What is known about accounts, and about models on them. */
export class HealthTable {
  /** By account, then by model; null = the account as a whole. */
  readonly #accounts = new Map<AccountId, Map<string | null, Scope>>();
  #version = 0;

  /** Of a request for a model: of two reasons the one that ends last. */
  readStanding(accountId: AccountId, upstreamModel: string, nowMs: number): Standing {
    const whole = readStanding(this.#health(accountId, null), nowMs);
    const ofModel = readStanding(this.#health(accountId, upstreamModel), nowMs);
    if (whole.stands === 'blocked' && ofModel.stands === 'blocked') {
      return ofModel.untilMs > whole.untilMs ? ofModel : whole;
    }
    if (whole.stands === 'blocked' || ofModel.stands === 'clean') return whole;
    return ofModel;
  }

  /** Marks what is due as probed by this lease. */
  beginProbe(accountId: AccountId, upstreamModel: string, leaseId: LeaseId, nowMs: number): void {
    for (const model of [null, upstreamModel]) {
      const scope = this.#accounts.get(accountId)?.get(model);
      const health = scope?.record.health;
      if (!scope || !health || readStanding(health, nowMs).stands !== 'due') continue;
      const probing: Health = { ...health, probe: leaseId, untilMs: nowMs + PROBE_MS };
      this.#write(scope, { ...scope.record, health: probing });
    }
  }

  /** A success with a model proves the account as well; a probe has the place of both. */
  report(report: AccountReport, probe: LeaseId | null, nowMs: number): void {
    this.#apply(report.upstreamModel, report, probe, nowMs);
    const isOfBoth = report.kind === 'success' || report.kind === 'undecided';
    if (isOfBoth && report.upstreamModel !== null) this.#apply(null, report, probe, nowMs);
  }

  list(accountIds: ReadonlySet<AccountId>, nowMs: number): AccountState[] {
    const states: AccountState[] = [];
    for (const accountId of accountIds) {
      for (const scope of this.#accounts.get(accountId)?.values() ?? []) {
        const state = describeState(scope, nowMs);
        if (state !== null) states.push(state);
      }
    }
    return states;
  }

  clear(accountId: AccountId, upstreamModel?: string): void {
    if (upstreamModel === undefined) this.#accounts.delete(accountId);
    else this.#accounts.get(accountId)?.delete(upstreamModel);
  }

  #health(accountId: AccountId, upstreamModel: string | null): Health | undefined {
    return this.#accounts.get(accountId)?.get(upstreamModel)?.record.health ?? undefined;
  }

  #apply(upstreamModel: string | null, report: AccountReport, probe: LeaseId | null, nowMs: number): void {
    const { accountId } = report;
    const known = this.#accounts.get(accountId)?.get(upstreamModel);
    if (known && report.kind === 'success' && known.record.health === null)
      if (countSuccess(known.record.buckets, nowMs)) return;
    const scope = known ?? { accountId, upstreamModel, record: CLEAN_RECORD, version: 0 };
    const record = applyFinding(scope.record, report, { nowMs, probe, count: 1 });
    if (record === scope.record) return;
    if (!known) this.#add(scope);
    this.#write(scope, record);
  }

  #add(scope: Scope): void {
    const ofAccount = this.#accounts.get(scope.accountId) ?? new Map<string | null, Scope>();
    ofAccount.set(scope.upstreamModel, scope);
    this.#accounts.set(scope.accountId, ofAccount);
  }

  #write(scope: Scope, record: HealthRecord): void {
    if (record.health !== scope.record.health) scope.version = this.#version += 1;
    scope.record = record;
  }
}

/** null = it is clean, or its state is over. */
function describeState(
  { accountId, upstreamModel, record, version }: Scope,
  nowMs: number,
): AccountState | null {
  const { health } = record;
  if (!health || hasEnded(health, nowMs)) return null;
  const { probe, ...rest } = health;
  const isProbing = probe !== null && health.untilMs > nowMs;
  return { accountId, upstreamModel, ...rest, version, isProbing };
}

function hasEnded({ kind, untilMs }: Health, nowMs: number): boolean {
  return !needsProbe(kind) && untilMs <= nowMs;
}

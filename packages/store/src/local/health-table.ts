import type { AccountId, AccountReport, LeaseId } from '@tollgate/core';
import type { AccountState } from '../account-port.ts';
import { needsProbe, readStanding, type Health, type Standing } from '../rules/account-standing.ts';
import { PROBE_MS } from '../rules/account-timings.ts';
import { applyFinding, CLEAN_RECORD, type HealthRecord } from '../rules/apply-finding.ts';

interface Scope {
  accountId: AccountId;
  upstreamModel: string | null;
  record: HealthRecord;
  /** Of the last change of the state. */
  version: number;
}

/** What is known about accounts, and about models on them. */
export class HealthTable {
  readonly #scopes = new Map<string, Scope>();
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
      const scope = this.#scopes.get(nameOf(accountId, model));
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
    for (const { accountId, upstreamModel, record, version } of this.#scopes.values()) {
      const { health } = record;
      if (!health || !accountIds.has(accountId) || hasEnded(health, nowMs)) continue;
      const { probe, ...rest } = health;
      const isProbing = probe !== null && health.untilMs > nowMs;
      states.push({ accountId, upstreamModel, ...rest, version, isProbing });
    }
    return states;
  }

  clear(accountId: AccountId, upstreamModel?: string): void {
    for (const [name, scope] of this.#scopes) {
      if (scope.accountId !== accountId) continue;
      if (upstreamModel === undefined || scope.upstreamModel === upstreamModel) this.#scopes.delete(name);
    }
  }

  #health(accountId: AccountId, upstreamModel: string | null): Health | undefined {
    if (this.#scopes.size === 0) return undefined;
    return this.#scopes.get(nameOf(accountId, upstreamModel))?.record.health ?? undefined;
  }

  #apply(upstreamModel: string | null, report: AccountReport, probe: LeaseId | null, nowMs: number): void {
    const { accountId } = report;
    const name = nameOf(accountId, upstreamModel);
    const scope = this.#scopes.get(name) ?? { accountId, upstreamModel, record: CLEAN_RECORD, version: 0 };
    const record = applyFinding(scope.record, report, { nowMs, probe, count: 1 });
    if (record === scope.record) return;
    this.#scopes.set(name, scope);
    this.#write(scope, record);
  }

  #write(scope: Scope, record: HealthRecord): void {
    if (record.health !== scope.record.health) scope.version = this.#version += 1;
    scope.record = record;
  }
}

function nameOf(accountId: AccountId, upstreamModel: string | null): string {
  return upstreamModel === null ? accountId : `${accountId}|${upstreamModel}`;
}

function hasEnded({ kind, untilMs }: Health, nowMs: number): boolean {
  return !needsProbe(kind) && untilMs <= nowMs;
}

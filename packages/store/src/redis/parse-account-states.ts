import type { AccountId } from '@tollgate/core';
import type { AccountState, AccountStateKind } from '../account-port.ts';

/** What account-health.lua writes. */
const SHAPE =
  /^(?<kind>[a-z-]+)\|(?<since>\d+)\|(?<until>\d+)\|(?<step>\d+)\|(?<version>\d+)\|(?<probe>[^|]*)\|(?<reason>.*)$/s;

/** Reads field, text, field, text…; keeps the states of `accountIds`. What it does not understand is left out. */
export function parseAccountStates(
  flat: readonly string[],
  accountIds: ReadonlySet<string>,
  nowMs: number,
): AccountState[] {
  const states: AccountState[] = [];
  for (let position = 0; position + 1 < flat.length; position += 2) {
    const [accountId = '', ...model] = (flat[position] ?? '').split('|');
    const state = parseState(flat[position + 1] ?? '', nowMs);
    if (!state || !accountIds.has(accountId)) continue;
    const upstreamModel = model.length === 0 ? null : model.join('|');
    states.push({ accountId: accountId as AccountId, upstreamModel, ...state });
  }
  return states;
}

function parseState(text: string, nowMs: number): Omit<AccountState, 'accountId' | 'upstreamModel'> | null {
  const parts = SHAPE.exec(text)?.groups;
  if (!parts) return null;
  const untilMs = Number(parts['until']);
  return {
    kind: parts['kind'] as AccountStateKind,
    reason: parts['reason'] ?? '',
    sinceMs: Number(parts['since']),
    untilMs,
    backoffStep: Number(parts['step']),
    version: Number(parts['version']),
    isProbing: parts['probe'] !== '' && untilMs > nowMs,
  };
}

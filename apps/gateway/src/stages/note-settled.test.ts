import { parseUsd, ZERO_USAGE, ZERO_USD, type AttemptOutcome } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { ACCOUNT_ID, buildAccount, buildKey, USER_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { overrideStore } from '../testing/override-store.ts';
import { noteSettled } from './note-settled.ts';

const USAGE = {
  ...ZERO_USAGE,
  inputTokens: 1,
  cacheReadTokens: 10,
  cacheWrite5mTokens: 100,
  cacheWrite1hTokens: 1_000,
  outputTokens: 10_000,
  toolPromptTokens: 100_000,
};
const LIMITED = { windowCostLimit: '20000000000000' as never };

function run(
  outcome: Pick<AttemptOutcome, 'state' | 'standardCost'>,
  options: { account?: object; tokenLimit?: number } = {},
) {
  const { store, tokenQuotas } = buildServices();
  const costs: unknown[] = [];
  const settled: unknown[] = [];
  tokenQuotas.settled = (...args) => void settled.push(args);
  const spied = overrideStore(store, { addWindowCost: (...args) => void costs.push(args) });
  const { context } = buildParsedContext({}, buildKey({ user: { tokenLimit: options.tokenLimit ?? 0 } }));
  const whole = { userId: USER_ID, usage: USAGE, ...outcome } as AttemptOutcome;
  noteSettled(context, buildAccount(options.account), whole, { store: spied, tokenQuotas });
  return { costs, settled, tokens: context.tokensUsed };
}

const COST = parseUsd('2');

describe('note-settled', () => {
  it('[LIM-2] every token that is billed counts', () => {
    expect(run({ state: 'settled', standardCost: COST }).tokens).toBe(111_111);
    expect(run({ state: 'estimated', standardCost: COST }).tokens).toBe(111_111);
    expect(run({ state: 'failed', standardCost: COST }).tokens).toBe(0);
  });

  it('[LIM-8] the account pays the standard cost, of failed attempts too', () => {
    for (const state of ['settled', 'failed'] as const)
      expect(run({ state, standardCost: COST }, { account: LIMITED }).costs).toEqual([[ACCOUNT_ID, COST]]);
    expect(run({ state: 'settled', standardCost: ZERO_USD }, { account: LIMITED }).costs).toEqual([]);
    expect(run({ state: 'settled', standardCost: COST }).costs).toEqual([]);
  });

  it('[LIM-10] the quota is told of users that have one, and of what is billed', () => {
    expect(run({ state: 'settled', standardCost: COST }, { tokenLimit: 5 }).settled).toEqual([
      [USER_ID, 111_111],
    ]);
    expect(run({ state: 'failed', standardCost: COST }, { tokenLimit: 5 }).settled).toEqual([]);
    expect(run({ state: 'settled', standardCost: COST }).settled).toEqual([]);
  });
});

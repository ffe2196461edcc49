import type { AccountId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { selectRoutedAccounts } from './select-routed-accounts.ts';

const ids = (...list: string[]) => list as AccountId[];
const ROUTES = [
  { pattern: 'claude-opus-4', accountIds: ids('acc_1') },
  { pattern: 'claude-*', accountIds: ids('acc_2', 'acc_3') },
  { pattern: 'claude-haiku', accountIds: ids('acc_4') },
  { pattern: 'nobody-*', accountIds: [] },
];

describe('[SEL-1] selectRoutedAccounts', () => {
  it.each([
    ['claude-opus-4', ['acc_1']],
    ['claude-opus-4-5', ['acc_2', 'acc_3']],
    ['claude-', ['acc_2', 'acc_3']],
    // The first one that fits counts, not the longest.
    ['claude-haiku', ['acc_2', 'acc_3']],
    ['nobody-1', []],
  ])('%j goes to %j', (model, expected) => {
    expect([...(selectRoutedAccounts(ROUTES, model) ?? ['none'])]).toEqual(expected);
  });

  it.each(['gpt-5', 'Claude-opus', 'claude', '', '*'])('no route fits %j', (model) => {
    expect(selectRoutedAccounts(ROUTES, model)).toBeNull();
  });

  it('a lone * fits everything; no routes, no route', () => {
    expect(selectRoutedAccounts([{ pattern: '*', accountIds: ids('acc_1') }], '')).toEqual(
      new Set(['acc_1']),
    );
    expect(selectRoutedAccounts([], 'claude-opus-4')).toBeNull();
  });
});

import type { UserId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { parseLostHolds } from './parse-lost-holds.ts';

const USER = 'usr_a' as UserId;
const balance = { kind: 'balance', userId: USER };

describe('lost holds as the script gives them', () => {
  it('are read with their purses and notes', () => {
    const entries = ['lse_1\n5\nb\n\nnote\n\nof lines', '7', 'lse_2\n0\n\n', 8];
    expect(parseLostHolds(USER, entries, 9)).toEqual([
      {
        id: 'lse_1@usr_a',
        userId: USER,
        amount: 5n,
        purses: [balance],
        note: 'note\n\nof lines',
        foundAtMs: 7,
      },
      { id: 'lse_2@usr_a', userId: USER, amount: 0n, purses: [], note: '', foundAtMs: 8 },
    ]);
  });

  it('what a newer node calls a purse is left out', () => {
    expect(parseLostHolds(USER, ['lse_1\n5\nmoon\nb\n\nn', 'x'], 9)).toMatchObject([
      { purses: [balance], foundAtMs: 9 },
    ]);
  });

  it.each([
    null,
    {},
    'text',
    [],
    ['garbage', 1],
    ['lse_1\nfive\nb\n\nn', 1],
    ['lse_1\n5\nb\n', 1],
    ['lse_1\n5\n\nn'],
  ])('garbage gives none: %j', (entries) => expect(parseLostHolds(USER, entries, 9)).toEqual([]));
});

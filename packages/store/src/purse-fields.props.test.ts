import type { KeyId, SubscriptionId, UserId } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PurseName } from './money-port.ts';
import { parsePurseField, purseField } from './purse-fields.ts';

const userId = 'usr_a' as UserId;
const id = fc.string({ unit: 'grapheme' });
const purse: fc.Arbitrary<PurseName> = fc.oneof(
  fc.constant<PurseName>({ kind: 'balance', userId }),
  fc
    .tuple(id, fc.constantFrom('total', '5h', '1d', '7d'))
    .map(([key, window]): PurseName => ({ kind: 'key', userId, keyId: key as KeyId, window })),
  fc.tuple(id, fc.constantFrom('day', 'week', 'month')).map(([sub, window]): PurseName => ({
    kind: 'subscription',
    userId,
    subscriptionId: sub as SubscriptionId,
    window,
  })),
);

describe('names of purses', () => {
  it('any purse is found again by its name, and no two share one', () => {
    fc.assert(
      fc.property(purse, purse, (one, other) => {
        expect(parsePurseField(userId, purseField(one))).toEqual(one);
        expect(purseField(one) === purseField(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it.each(['', 'x', 'k:a', 'k:a:6h', 's:a:5h', 's:a:toString', 'bb', 'k:a:'])(
    'garbage is no purse: %s',
    (field) => {
      expect(parsePurseField(userId, field)).toBeNull();
    },
  );
});

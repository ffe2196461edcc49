import { expect, it } from 'vitest';
import { buildScope, coversScope, scopeField } from './token-scopes.ts';

it('[CTL-2] a scope follows from the path and the kind', () => {
  expect(buildScope('keys.create', 'mutation')).toBe('keys:write');
  expect(buildScope('prices.rerate.get', 'query')).toBe('prices:read');
  expect(buildScope('live.feed', 'subscription')).toBe('live:read');
});

it.each([
  [['*'], 'keys:write', true],
  [['read'], 'keys:read', true],
  [['read'], 'keys:write', false],
  [['keys:write'], 'keys:write', true],
  [['keys:write'], 'keys:read', false],
  [['key:write', 'keys'], 'keys:write', false],
  [['keys:read'], '*', false],
  [['read'], '*', false],
  [['keys:read'], 'read', false],
  [[], 'keys:read', false],
] as const)('[CTL-2] %j and %s: %s', (granted, scope, isCovered) => {
  expect(coversScope(granted, scope)).toBe(isCovered);
});

it.each([
  '',
  '**',
  'keys',
  'keys:',
  'keys:delete',
  ':read',
  'keys:read:write',
  'Keys:read',
  'ke ys:read',
  'read ',
])('there is no scope %j', (text) => expect(scopeField.safeParse(text).success).toBe(false));

import { expect, it } from 'vitest';
import { buildKeyPrefix, generateApiKey, hashKey, parseCustomKey } from './hash-key.ts';

it('[AUTH-1] stores SHA-256 in hex', () => {
  expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('[AUTH-1] generates sk- and 32 random bytes, never the same', () => {
  const keys = Array.from({ length: 100 }, generateApiKey);
  for (const key of keys) expect(key).toMatch(/^sk-[A-Za-z0-9_-]{43}$/);
  expect(new Set(keys).size).toBe(100);
});

it('[AUTH-1] shows ten characters', () => {
  expect(buildKeyPrefix('sk-0123456789abcdef')).toBe('sk-0123456…');
});

it.each(['0123456789abcdef', 'A_-'.repeat(10), 'a'.repeat(256)])(
  '[AUTH-1] takes the custom key %s',
  (key) => {
    expect(parseCustomKey(key)).toBe(key);
  },
);

it.each(['', '0123456789abcde', '0123456789abcde é', '0123456789abcdef\n', 'a b'.repeat(8), 'a'.repeat(257)])(
  '[AUTH-1] refuses the custom key %j and does not repeat it',
  (key) => {
    expect(() => parseCustomKey(key)).toThrow(
      /^a custom key has 16 to 256 characters of A-Z, a-z, 0-9, _ and -$/,
    );
  },
);

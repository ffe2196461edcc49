import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { openSecret, parseSecretKey, SealError, sealSecret } from './seal-secret.ts';

const key = parseSecretKey(randomBytes(32).toString('hex'));

it('[ACC-1] opens what it sealed, whatever the text, and shows none of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, context) => {
      const sealed = sealSecret(plain, key, context);
      expect(sealed).toMatch(/^v1:[A-Za-z0-9_-]+$/);
      expect(openSecret(sealed, key, context)).toBe(plain);
    }),
  );
});

it('[ACC-1] seals the same text differently each time', () => {
  expect(sealSecret('secret', key, 'acc_1')).not.toBe(sealSecret('secret', key, 'acc_1'));
});

it('[ACC-1] opens nothing with another key or for another account, and repeats no secret', () => {
  const sealed = sealSecret('the-secret', key, 'acc_1');
  const other = parseSecretKey(randomBytes(32).toString('base64'));
  const message = /^the secret of acc_[12] cannot be opened: another key sealed it, or it was changed$/;
  expect(() => openSecret(sealed, other, 'acc_1')).toThrow(message);
  expect(() => openSecret(sealed, key, 'acc_2')).toThrow(message);
});

it('[ACC-1] notices a change of any single character', () => {
  const sealed = sealSecret('the-secret', key, 'acc_1');
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    expect(() => openSecret(changed, key, 'acc_1')).toThrow(SealError);
  }
});

it.each(['', 'v1:', 'v1:AAAA', 'v2:AAAA', 'the-secret', `v1:${'!'.repeat(60)}`])('refuses %j', (sealed) => {
  expect(() => openSecret(sealed, key, 'acc_1')).toThrow(SealError);
});

it('reads a key in hex, base64 and base64url', () => {
  const bytes = Buffer.alloc(32, 0xfb);
  for (const text of [bytes.toString('hex'), bytes.toString('base64'), ` ${bytes.toString('base64url')}\n`]) {
    expect(Buffer.from(parseSecretKey(text))).toEqual(bytes);
  }
});

it.each(['', 'short', 'g'.repeat(64), 'a'.repeat(42), 'a'.repeat(45), 'é'.repeat(43)])(
  'refuses the key %j and does not repeat it',
  (text) => expect(() => parseSecretKey(text)).toThrow(/^a secret key is 32 bytes in hex/),
);

import { randomBytes } from 'node:crypto';
import { hashKey } from '@tollgate/db';

/** Crockford base32: no I, L, O, U, so that a code survives being read aloud. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 20;
const GROUP_LENGTH = 5;
const LOOKALIKES: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

/** A new code, `AAAAA-BBBBB-CCCCC-DDDDD`: 100 random bits, so that nobody finds one by trying. */
export function generateRedeemCode(): string {
  const letters = Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte & 31] ?? '').join('');
  return letters.replaceAll(new RegExp(`.{${GROUP_LENGTH}}(?=.)`, 'g'), '$&-');
}

/** What somebody typed → the hash that its code is found by; any letter case, with or without dashes and spaces. */
export function hashRedeemCode(text: string): string {
  const letters = text.toUpperCase().replaceAll(/[\s-]/g, '');
  return hashKey(letters.replaceAll(/[OIL]/g, (letter) => LOOKALIKES[letter] ?? letter));
}

/** What lists show of a code: its first five characters. */
export function buildRedeemPrefix(code: string): string {
  return `${code.slice(0, GROUP_LENGTH)}…`;
}

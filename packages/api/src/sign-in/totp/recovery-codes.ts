import { randomBytes } from 'node:crypto';
import { hashKey } from '@tollgate/db';
import { encodeBase32 } from './base32.ts';

const COUNT = 10;
/** 80 bits: sixteen letters. */
const BYTES = 10;

/** New codes, `abcd-efgh-ijkl-mnop`. Shown once; {@link hashRecoveryCode} of each is stored. */
export function generateRecoveryCodes(): string[] {
  return Array.from({ length: COUNT }, () =>
    encodeBase32(randomBytes(BYTES))
      .toLowerCase()
      .replaceAll(/.{4}(?=.)/g, '$&-'),
  );
}

/** As typed: letter case, dashes and spaces are no matter. */
export function hashRecoveryCode(text: string): string {
  return hashKey(text.toLowerCase().replaceAll(/[\s-]/g, ''));
}

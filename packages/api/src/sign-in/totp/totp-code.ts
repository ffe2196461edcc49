import { createHmac, timingSafeEqual } from 'node:crypto';
import { encodeBase32 } from './base32.ts';

/** RFC 6238 with the values that every authenticator knows: SHA-1, six digits, steps of 30 s. */
const STEP_MS = 30_000;
const DIGITS = 6;
/** How far the clocks may be apart, in steps. */
const DRIFT_STEPS = 1;
const ISSUER = 'Tollgate';

export const TOTP_SECRET_BYTES = 20;

/** RFC 4226 §5.3. */
export function buildTotpCode(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  const value = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(value % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** The step whose code this is, of the present one and its neighbours; null = of none. */
export function findTotpStep(secret: Buffer, code: string, nowMs: number): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const present = Math.floor(nowMs / STEP_MS);
  for (let step = Math.max(0, present - DRIFT_STEPS); step <= present + DRIFT_STEPS; step += 1) {
    if (timingSafeEqual(Buffer.from(buildTotpCode(secret, step)), Buffer.from(code))) return step;
  }
  return null;
}

/** What the authenticator scans. */
export function buildTotpUri(secret: Buffer, email: string): string {
  const label = `${ISSUER}:${encodeURIComponent(email)}`;
  return `otpauth://totp/${label}?secret=${encodeBase32(secret)}&issuer=${ISSUER}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1_000}`;
}

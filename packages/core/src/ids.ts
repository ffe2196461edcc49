import { randomFillSync } from 'node:crypto';

/** Prefixes tell a reader of a log line what an id names. */
export const ID_PREFIXES = {
  request: 'req',
  attempt: 'att',
  lease: 'lse',
  user: 'usr',
  key: 'key',
  group: 'grp',
  account: 'acc',
  proxy: 'prx',
  subscription: 'sub',
  adminToken: 'adm',
  session: 'ses',
  setUpLink: 'sul',
  ledger: 'led',
  reratePlan: 'rrp',
  redeemBatch: 'rdb',
  redeemCode: 'rdc',
  reconciliation: 'rec',
  node: 'nod',
  alertChannel: 'alc',
  alertRule: 'alr',
  alertEvent: 'ale',
  alertSilence: 'als',
  alertDelivery: 'ald',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
export type Id<Kind extends IdKind> = string & { readonly __id: Kind };

export type RequestId = Id<'request'>;
export type AttemptId = Id<'attempt'>;
export type LeaseId = Id<'lease'>;
export type UserId = Id<'user'>;
export type KeyId = Id<'key'>;
export type GroupId = Id<'group'>;
export type AccountId = Id<'account'>;
export type SubscriptionId = Id<'subscription'>;
export type NodeId = Id<'node'>;

/** Crockford base32, lower case: no i, l, o, u, sorts like the number. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const CODES = Buffer.from(ALPHABET, 'latin1');
const RANDOM_CHARACTERS = 16;
const POOL_CHARACTERS = 4096;
const pool = Buffer.alloc(POOL_CHARACTERS);
/** Characters for the next ids: one text of them costs less than the texts of single ids. */
let poolText = '';
let poolOffset = POOL_CHARACTERS;
let timeMs = -1;
let timeText = '';

/**
 * A new id: `<prefix>_` + 10 characters of time (ms, sorts by age) + 16 characters of randomness (80 bits).
 * The same layout as a ULID, with a prefix.
 */
export function createId<Kind extends IdKind>(kind: Kind, nowMs: number): Id<Kind> {
  if (poolOffset === POOL_CHARACTERS) fillPool();
  if (nowMs !== timeMs) {
    timeText = encodeTime(nowMs);
    timeMs = nowMs;
  }
  const at = poolOffset;
  poolOffset += RANDOM_CHARACTERS;
  return `${ID_PREFIXES[kind]}_${timeText}${poolText.slice(at, poolOffset)}` as Id<Kind>;
}

/** Five bits a character: each is as likely as any other. */
function fillPool(): void {
  randomFillSync(pool);
  for (let at = 0; at < POOL_CHARACTERS; at += 1) pool[at] = CODES[(pool[at] ?? 0) & 31] ?? 0;
  poolText = pool.toString('latin1');
  poolOffset = 0;
}

function encodeTime(nowMs: number): string {
  let text = '';
  for (let divisor = 32 ** 9; divisor >= 1; divisor /= 32) {
    text += ALPHABET[Math.floor(nowMs / divisor) % 32];
  }
  return text;
}

/** True when `text` has the shape that {@link createId} gives for `kind`. */
export function isId<Kind extends IdKind>(kind: Kind, text: string): text is Id<Kind> {
  const prefix = `${ID_PREFIXES[kind]}_`;
  return text.startsWith(prefix) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(text.slice(prefix.length));
}

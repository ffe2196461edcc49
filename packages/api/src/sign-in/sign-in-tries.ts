import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Database } from '@tollgate/db';

/** One thing that guesses are counted for. */
export interface TrySubject {
  kind: 'address' | 'account';
  subject: string;
}

export interface BegunTry {
  /** How long nobody may try again, should this one fail; 0 = at once. */
  blockMs: number;
}

/** `freeTries` cost nothing; each later one doubles the wait, up to `blockMsMax`. */
const RULES = {
  account: { freeTries: 5, blockMs: 2_000, blockMsMax: 900_000 },
  // Offices share one.
  address: { freeTries: 20, blockMs: 2_000, blockMsMax: 900_000 },
} as const satisfies Record<TrySubject['kind'], object>;
/** So long without a failure, and the count begins anew. Longer than any wait. */
export const TRIES_REST_MS = 3_600_000;

/** A v6 customer has a whole /64 to come from. `address`: in normal form. */
export function buildAddressSubject(address: string): TrySubject {
  return { kind: 'address', subject: isIPv6(address) ? cutToNetwork(address) : address };
}

/** Hashed: what strangers type is not ours to keep, and some type their password. */
export function buildAccountSubject(email: string): TrySubject {
  return { kind: 'account', subject: createHash('sha256').update(email).digest('hex') };
}

/** `2001:db8::1` → `2001:db8:0:0::/64`. */
function cutToNetwork(address: string): string {
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const parts = head === '' ? [] : head.split(':');
  const isShort = address.includes('::');
  const tailCount = tail === '' ? 0 : tail.split(':').length;
  const gap = isShort ? Array<string>(Math.max(0, 8 - parts.length - tailCount)).fill('0') : [];
  const all = [...parts, ...gap, ...(tail === '' ? [] : tail.split(':'))];
  return `${all.slice(0, 4).join(':')}::/64`;
}

/**
 * Counts a guess as failed before it is looked at, in one statement: of a thousand at once only the free ones are
 * looked at. null = blocked; {@link readBlockMs} says for how long. Who is not blocked was so until the epoch: `now()` is
 * when a statement began, and one that began earlier may come to the row later.
 */
export async function beginTry(db: Database, { kind, subject }: TrySubject): Promise<BegunTry | null> {
  const { freeTries, blockMs, blockMsMax } = RULES[kind];
  const [row] = await db.sql<{ block_ms: string }[]>`
    insert into sign_in_tries as tries (kind, subject, failures, blocked_until) values (${kind}, ${subject}, 1, 'epoch')
    on conflict (kind, subject) do update set
      failures = case when tries.last_at < now() - ${TRIES_REST_MS} * interval '1 ms' then 1 else tries.failures + 1 end,
      last_at = now(),
      blocked_until = case
        when tries.last_at < now() - ${TRIES_REST_MS} * interval '1 ms' or tries.failures + 1 < ${freeTries} then 'epoch'
        else now() + least(${blockMsMax}, ${blockMs} * power(2, least(tries.failures + 1 - ${freeTries}, 30)))
          * interval '1 ms' end
    where tries.blocked_until <= now()
    returning extract(epoch from blocked_until - now()) * 1000 as block_ms`;
  return row ? { blockMs: Math.max(0, Math.round(Number(row.block_ms))) } : null;
}

/** Until a blocked subject may try again; 0 = it may. */
export async function readBlockMs(db: Database, { kind, subject }: TrySubject): Promise<number> {
  const [row] = await db.sql<{ block_ms: string }[]>`
    select extract(epoch from blocked_until - now()) * 1000 as block_ms from sign_in_tries
    where kind = ${kind} and subject = ${subject}`;
  return Math.max(0, Math.ceil(Number(row?.block_ms ?? 0)));
}

/** It was no wrong guess: takes back what {@link beginTry} has counted, and no more. */
export async function undoTry(db: Database, { kind, subject }: TrySubject): Promise<void> {
  const { freeTries } = RULES[kind];
  await db.sql`
    update sign_in_tries set failures = greatest(0, failures - 1),
      blocked_until = case when failures - 1 < ${freeTries} then 'epoch' else blocked_until end
    where kind = ${kind} and subject = ${subject}`;
}

/** The right person was there: their account has no failures. */
export async function forgetTries(db: Database, { kind, subject }: TrySubject): Promise<void> {
  await db.sql`delete from sign_in_tries where kind = ${kind} and subject = ${subject}`;
}

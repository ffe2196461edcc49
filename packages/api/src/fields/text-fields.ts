import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

const NAME_CHARACTERS_MAX = 128;

/** No control characters, line separators or lone surrogates (Postgres cannot store those), no outer spaces. */
const NAME_PATTERN = /^(?!\s)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+(?<!\s)$/u;

export const nameField = z
  .string()
  .min(1, 'must not be empty')
  .max(NAME_CHARACTERS_MAX, `at most ${NAME_CHARACTERS_MAX} characters`)
  .regex(NAME_PATTERN, 'no control characters, no spaces at the ends');

export const emailField = z.email('not an e-mail address').max(254).toLowerCase();

/** ids are ours to define: only their size and letters are checked, an unknown one is "not found". */
export const idField = z.string().regex(/^[a-z]{3}_[0-9a-z]{1,64}$/, 'not an id');

export const noteField = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'no control characters');

/** Ms since 1970: the years 1900 to 9999, UTC. */
export const INSTANTS = { minMs: Date.UTC(1900, 0), maxMs: Date.UTC(10_000, 0) - 1 };

/**
 * ISO 8601 with a zone; given back in UTC. What is outside of these years in UTC, Postgres writes in ways that are
 * read as another time (`0044` as 2044), or as none (`10000`, by an offset).
 */
export const instantField = z.iso
  .datetime({ offset: true, error: 'expected e.g. 2030-01-31T00:00:00Z' })
  .refine((text) => {
    const ms = Date.parse(text);
    return ms >= INSTANTS.minMs && ms <= INSTANTS.maxMs;
  }, 'expected a year from 1900 to 9999');

export const statusField = z.enum(['active', 'disabled']);

/** One address or CIDR range, v4 or v6. */
const ipRangeField = z.string().max(64).refine(isIpRange, 'not an IP address or CIDR range');

export const ipRangesField = z.array(ipRangeField).max(1000);

/** True for what the gateway's block lists can hold. */
function isIpRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return false;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), version === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
}

/** The same instant in UTC, as rows are shown, so that two spellings compare equal. */
export function normaliseInstant<Text extends string | null | undefined>(text: Text): Text | string {
  return typeof text === 'string' ? new Date(text).toISOString() : text;
}

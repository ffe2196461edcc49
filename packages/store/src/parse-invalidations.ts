import type { Invalidation } from '@tollgate/core';

const ID_FIELDS = {
  key: 'keyHash',
  user: 'userId',
  balance: 'userId',
  'token-quota': 'userId',
  group: 'groupId',
  account: 'accountId',
} as const;

export interface InvalidationMessage {
  number: number;
  invalidations: Invalidation[];
}

/** `{"n":number,"inv":[…]}` → the message; null when any of it is not understood (also a newer node's scope). */
export function parseInvalidationMessage(text: string): InvalidationMessage | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(json) || !Number.isSafeInteger(json['n']) || !Array.isArray(json['inv'])) return null;
  const invalidations = json['inv'] as unknown[];
  return invalidations.every(isInvalidation) ? { number: json['n'] as number, invalidations } : null;
}

/** Scopes that have no L2 entries, or whose entries can be listed. */
const NARROW: ReadonlySet<Invalidation['scope']> = new Set(['key', 'balance', 'token-quota']);

/** True for scopes whose L2 entries cannot be listed. */
export function isWide(invalidation: Invalidation): boolean {
  return !NARROW.has(invalidation.scope);
}

function isInvalidation(value: unknown): value is Invalidation {
  if (!isRecord(value)) return false;
  const scope = value['scope'];
  if (scope === 'all' || scope === 'price') return true;
  if (typeof scope !== 'string' || !Object.hasOwn(ID_FIELDS, scope)) return false;
  return typeof value[ID_FIELDS[scope as keyof typeof ID_FIELDS]] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

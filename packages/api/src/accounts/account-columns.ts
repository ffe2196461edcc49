import { normaliseUsd } from '../fields/number-fields.ts';
import { normaliseInstant } from '../fields/text-fields.ts';
import type { AccountPatch } from './account-schemas.ts';

const MINUTE_MS = 60_000;

/** What the row holds in another form than the API shows; secrets and links are no plain settings. */
type Settings = Omit<AccountPatch, 'credentials' | 'proxy' | 'proxyId' | 'groups'>;

/** The settings as columns; undefined = not asked for (drizzle leaves the column alone). */
export function buildAccountColumns(settings: Settings) {
  const { expiresAt, sessionIdleMinutes, interceptWarmUps, ...columns } = settings;
  return {
    ...columns,
    expiresAt: typeof expiresAt === 'string' ? new Date(expiresAt) : expiresAt,
    sessionIdleMs: sessionIdleMinutes === undefined ? undefined : Math.round(sessionIdleMinutes * MINUTE_MS),
    interceptsWarmUps: interceptWarmUps,
  };
}

/** One form for both sides of a comparison: the one in which rows are shown. */
export function normaliseAccountPatch<Patch extends Settings>(patch: Patch): Patch {
  const { expiresAt, sessionIdleMinutes: minutes, windowCostLimit, windowCostReserve } = patch;
  return {
    ...patch,
    expiresAt: normaliseInstant(expiresAt),
    sessionIdleMinutes: minutes === undefined ? undefined : Math.round(minutes * MINUTE_MS) / MINUTE_MS,
    windowCostLimit: normaliseCost(windowCostLimit),
    windowCostReserve: normaliseCost(windowCostReserve),
  };
}

export function mapSessionIdleMinutes(sessionIdleMs: number): number {
  return sessionIdleMs / MINUTE_MS;
}

function normaliseCost<Text extends string | null | undefined>(text: Text): Text | string {
  return typeof text === 'string' ? normaliseUsd(text) : text;
}

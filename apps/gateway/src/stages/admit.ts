import {
  parseMultiplier,
  TollgateError,
  type GroupSnapshot,
  type KeySnapshot,
  type PicoUsd,
  type SnapshotSource,
  type UserId,
} from '@tollgate/core';
import type { AdmitRequest, AdmitResult, RpmLimit, SlotRequest, Store } from '@tollgate/store';
import type { RequestContext } from '../request-context.ts';

export interface AdmitServices {
  store: Store;
  source: SnapshotSource;
}

/** How long a balance figure lives in the store without being read anew from Postgres. */
const BALANCE_TTL_MS = 300_000;
/** The figure may vanish while it is loaded (a top-up, a flushed store); then it is loaded again, this often. */
const BALANCE_LOADS_MAX = 5;
/** What to tell a client whose slots are all taken: they come free when its own requests end. */
const SLOT_RETRY_AFTER_MS = 1_000;

/**
 * RPM, balance and slots in one store call. Exit: 429 (rpm, slots), 403 (balance), 503 (store gone).
 * `slots: false` is for calls that cost no concurrency (API-5).
 */
export async function admit(
  context: RequestContext,
  services: AdmitServices,
  options: { slots: boolean },
): Promise<TollgateError | null> {
  const { key, group } = context.admitted;
  const request = buildAdmitRequest(key, group, options.slots);
  let result = await services.store.admit(request);
  for (let loads = 0; isBalanceUnknown(result) && loads < BALANCE_LOADS_MAX; loads += 1) {
    const balance = await loadBalance(services.source, key.user.id);
    await services.store.seedBalance(key.user.id, balance, BALANCE_TTL_MS, result.seedToken);
    result = await services.store.admit(request);
  }
  return applyAdmission(context, result);
}

function isBalanceUnknown(
  result: AdmitResult,
): result is Extract<AdmitResult, { reason: 'balance-unknown' }> {
  return !result.admitted && result.reason === 'balance-unknown';
}

async function loadBalance(source: SnapshotSource, userId: UserId): Promise<PicoUsd> {
  try {
    return await source.loadBalance(userId);
  } catch (cause) {
    throw new TollgateError('unavailable', { cause, retryAfterMs: 1_000 });
  }
}

function buildAdmitRequest(key: KeySnapshot, group: GroupSnapshot, withSlots: boolean): AdmitRequest {
  const userId = key.user.id;
  const rpm: RpmLimit[] = [];
  if (key.user.rpm > 0) rpm.push({ subject: { kind: 'user', userId }, limit: key.user.rpm });
  if (group.rpm > 0)
    rpm.push({ subject: { kind: 'user-group', userId, groupId: group.id }, limit: group.rpm });
  if (key.key.rpm > 0) rpm.push({ subject: { kind: 'key', userId, keyId: key.key.id }, limit: key.key.rpm });
  return { rpm, balanceOf: isFree(group) ? null : userId, slots: withSlots ? buildSlots(key) : [] };
}

function buildSlots(key: KeySnapshot): SlotRequest[] {
  const userId = key.user.id;
  const slots: SlotRequest[] = [{ holder: { kind: 'user', userId }, max: key.user.concurrency }];
  if (key.key.concurrency > 0) {
    slots.push({ holder: { kind: 'key', userId, keyId: key.key.id }, max: key.key.concurrency });
  }
  return slots;
}

function isFree(group: GroupSnapshot): boolean {
  return parseMultiplier(group.rateMultiplier) === 0n;
}

function applyAdmission(context: RequestContext, result: AdmitResult): TollgateError | null {
  if (!result.admitted) return mapRefusal(result);
  context.leases.push(...result.leases);
  if (result.rpm) {
    context.answerHeaders['x-ratelimit-limit-requests'] = String(result.rpm.limit);
    context.answerHeaders['x-ratelimit-remaining-requests'] = String(result.rpm.remaining);
    context.answerHeaders['x-ratelimit-reset-requests'] = `${Math.ceil(result.rpm.resetMs / 1_000)}s`;
  }
  return null;
}

function mapRefusal(refusal: Exclude<AdmitResult, { admitted: true }>): TollgateError {
  switch (refusal.reason) {
    case 'rpm':
      return new TollgateError('rate_limited', {
        message: `The limit of ${refusal.limit} requests a minute is reached.`,
        retryAfterMs: refusal.retryAfterMs,
      });
    case 'slots':
      return new TollgateError('concurrency_limited', {
        message: `The limit of ${refusal.max} concurrent requests is reached.`,
        retryAfterMs: SLOT_RETRY_AFTER_MS,
      });
    case 'balance':
      return new TollgateError('insufficient_balance');
    case 'balance-unknown':
      return new TollgateError('unavailable', { retryAfterMs: 1_000 });
  }
}

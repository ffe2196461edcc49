import {
  TollgateError,
  type GroupSnapshot,
  type KeySnapshot,
  type PicoUsd,
  type SnapshotSource,
  type UserId,
} from '@tollgate/core';
import { WINDOW_MS } from '@tollgate/store';
import type {
  AdmitRequest,
  AdmitResult,
  SlotRequest,
  Store,
  WindowLimit,
  WindowSubject,
} from '@tollgate/store';
import { readMultiplier } from '../read-multiplier.ts';
import type { RequestContext } from '../request-context.ts';

export interface AdmitServices {
  store: Store;
  source: SnapshotSource;
}

/** How long a balance figure lives in the store without being read anew from Postgres. */
const BALANCE_TTL_MS = 300_000;
/**
 * A seed is void when the balance was invalidated while it was read: then it is read again. More often than
 * this, somebody moves the balance faster than Postgres answers.
 */
const SEED_TRIES_MAX = 3;
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
  for (let tries = 0; tries < SEED_TRIES_MAX; tries += 1) {
    if (result.admitted || result.reason !== 'balance-unknown') break;
    await seedBalance(services, key.user.id, result.seedToken);
    result = await services.store.admit(request);
  }
  return applyAdmission(context, result);
}

async function seedBalance(services: AdmitServices, userId: UserId, seedToken: string): Promise<void> {
  const balance = await loadBalance(services.source, userId);
  await services.store.seedBalance(userId, balance, BALANCE_TTL_MS, seedToken);
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
  return {
    userId,
    windows: buildWindows(key, group),
    balanceOf: isFree(group) ? null : userId,
    checksTokenQuota: false,
    slots: withSlots ? buildSlots(key) : [],
    queue: null,
  };
}

function buildWindows(key: KeySnapshot, group: GroupSnapshot): WindowLimit[] {
  const userId = key.user.id;
  const limits: [WindowSubject, number][] = [
    [{ kind: 'user', userId }, key.user.rpm],
    [{ kind: 'user-group', userId, groupId: group.id }, group.rpm],
    [{ kind: 'key', userId, keyId: key.key.id }, key.key.rpm],
  ];
  return limits
    .filter(([, limit]) => limit > 0)
    .map(([subject, limit]) => ({ subject, unit: 'requests', shape: 'fixed', limit, cost: 1 }));
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
  return readMultiplier(group) === 0n;
}

function applyAdmission(context: RequestContext, result: AdmitResult): TollgateError | null {
  if (!result.admitted) return mapRefusal(result);
  context.leases.push(...result.leases);
  if (result.requests) {
    context.answerHeaders['x-ratelimit-limit-requests'] = String(result.requests.limit);
    context.answerHeaders['x-ratelimit-remaining-requests'] = String(result.requests.remaining);
    context.answerHeaders['x-ratelimit-reset-requests'] = `${Math.ceil(result.requests.resetMs / 1_000)}s`;
  }
  return null;
}

function mapRefusal(refusal: Exclude<AdmitResult, { admitted: true }>): TollgateError {
  switch (refusal.reason) {
    case 'window':
      return new TollgateError('rate_limited', {
        message: `The limit of ${refusal.limit} requests a minute is reached.`,
        retryAfterMs: refusal.retryAfterMs ?? WINDOW_MS,
      });
    // Nobody asks to wait or for the token quota yet.
    case 'queued':
    case 'queue-full':
    case 'token-quota':
      return new TollgateError('concurrency_limited', { retryAfterMs: SLOT_RETRY_AFTER_MS });
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

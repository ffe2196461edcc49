import { TollgateError, type KeyId, type PicoUsd, type SnapshotSource, type UserId } from '@tollgate/core';
import type {
  AdmitRequest,
  AdmitResult,
  Counted,
  Lease,
  Store,
  WindowName,
  WindowState,
} from '@tollgate/store';
import type { RequestContext } from '../request-context.ts';
import type { TokenQuotaGuard } from '../token-quota/token-quota-guard.ts';
import { buildAdmitRequest } from './build-admit-request.ts';
import { waitForTicket } from './wait-for-ticket.ts';

export interface AdmitServices {
  store: Store;
  source: SnapshotSource;
  tokenQuotas: TokenQuotaGuard;
  /** LIM-1 */
  windowShape: WindowName['shape'];
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

type Refusal = Exclude<AdmitResult, { admitted: true } | { reason: 'queued' }>;

/**
 * Windows, balance, token quota and slots in one store call; without a free slot the request waits for one
 * (LIM-5). Exit: 429 (windows, slots, queue), 403 (balance), 400 (token quota), 503 (store gone). `slots: false` is
 * for calls that cost no concurrency (API-5).
 */
export async function admit(
  context: RequestContext,
  services: AdmitServices,
  options: { slots: boolean },
): Promise<TollgateError | null> {
  const request = buildAdmitRequest(context, { slots: options.slots, shape: services.windowShape });
  if (request.checksTokenQuota) {
    const refusal = await services.tokenQuotas.check(request.userId);
    if (refusal) return refusal;
  }
  const result = await askStore(context, request, services);
  if (result.admitted) {
    hold(context, result.leases, result);
    addAllLimitHeaders(context, result);
    return null;
  }
  if (result.reason !== 'queued') return mapRefusal(result, services);
  return waitForSlot(context, request, result, services);
}

/** A balance that the store does not know is read from Postgres and put there. */
async function askStore(
  context: RequestContext,
  request: AdmitRequest,
  services: AdmitServices,
): Promise<AdmitResult> {
  let result = await services.store.admit(request);
  for (let tries = 0; tries < SEED_TRIES_MAX; tries += 1) {
    if (result.admitted || result.reason !== 'balance-unknown') break;
    const balance = await loadBalance(services.source, request.userId, context.admitted.key.key.id);
    await services.store.seedBalance(request.userId, balance, BALANCE_TTL_MS, result.seedToken);
    result = await services.store.admit(request);
  }
  return result;
}

async function loadBalance(source: SnapshotSource, userId: UserId, keyId: KeyId): Promise<PicoUsd> {
  try {
    return (await source.loadPurses(userId, keyId, null)).balance;
  } catch (cause) {
    throw new TollgateError('unavailable', { cause, retryAfterMs: 1_000 });
  }
}

async function waitForSlot(
  context: RequestContext,
  request: AdmitRequest,
  queued: Extract<AdmitResult, { reason: 'queued' }>,
  services: AdmitServices,
): Promise<TollgateError | null> {
  // Before the wait: a sign of life may send the head of the answer meanwhile.
  addAllLimitHeaders(context, queued);
  const outcome = await waitForTicket(context, queued.ticket);
  switch (outcome.kind) {
    case 'granted':
      hold(context, outcome.leases, queued);
      return checkMoneyAgain(context, request, services);
    case 'timeout':
      return new TollgateError('concurrency_limited', {
        message: 'No slot came free in time: too many concurrent requests.',
        retryAfterMs: SLOT_RETRY_AFTER_MS,
      });
    case 'lost':
      return new TollgateError('unavailable', { retryAfterMs: 1_000 });
    case 'cancelled':
      return new TollgateError('client_closed');
  }
}

/** REQ-1: what was there before the wait may be spent after it. */
async function checkMoneyAgain(
  context: RequestContext,
  { userId, balanceOf, checksTokenQuota }: AdmitRequest,
  services: AdmitServices,
): Promise<TollgateError | null> {
  if (balanceOf === null && !checksTokenQuota) return null;
  if (balanceOf === null) return services.tokenQuotas.checkAgain(userId);
  const again = { userId, balanceOf, checksTokenQuota, windows: [], slots: [], queue: null };
  const result = await askStore(context, again, services);
  return result.admitted || result.reason === 'queued' ? null : mapRefusal(result, services);
}

/** What the end of the request gives back, or corrects (LIM-2). */
function hold(context: RequestContext, leases: readonly Lease[], { reservations }: Counted): void {
  context.leases.push(...leases);
  context.reservations.push(...reservations);
}

/**
 * SEL-6: what a second group asks of a request that holds its slots already: this group's own windows, and money,
 * as the first may have been free. Exit: as `admit`'s.
 */
export async function admitToGroup(
  context: RequestContext,
  services: AdmitServices,
): Promise<TollgateError | null> {
  const whole = buildAdmitRequest(context, { slots: true, shape: services.windowShape });
  const windows = whole.windows.filter(({ subject }) => subject.kind === 'user-group');
  const result = await askStore(context, { ...whole, windows, slots: [], queue: null }, services);
  if (!result.admitted) return result.reason === 'queued' ? null : mapRefusal(result, services);
  hold(context, result.leases, result);
  return null;
}

/** LIM-2: the client sees the tightest window of each unit. */
function addAllLimitHeaders(context: RequestContext, { requests, tokens }: Counted): void {
  if (requests) addLimitHeaders(context, 'requests', requests);
  if (tokens) addLimitHeaders(context, 'tokens', tokens);
}

function addLimitHeaders(context: RequestContext, unit: WindowName['unit'], state: WindowState): void {
  context.answerHeaders[`x-ratelimit-limit-${unit}`] = String(state.limit);
  context.answerHeaders[`x-ratelimit-remaining-${unit}`] = String(state.remaining);
  context.answerHeaders[`x-ratelimit-reset-${unit}`] = `${Math.ceil(state.resetMs / 1_000)}s`;
}

function mapRefusal(refusal: Refusal, { tokenQuotas }: AdmitServices): TollgateError {
  switch (refusal.reason) {
    case 'window':
      return mapWindowRefusal(refusal);
    case 'token-quota':
      return tokenQuotas.buildRefusal(refusal.retryAfterMs);
    case 'slots':
      return new TollgateError('concurrency_limited', {
        message: `The limit of ${refusal.max} concurrent requests is reached.`,
        retryAfterMs: SLOT_RETRY_AFTER_MS,
      });
    case 'queue-full':
      return new TollgateError('queue_full', { retryAfterMs: SLOT_RETRY_AFTER_MS });
    case 'balance':
      return new TollgateError('insufficient_balance');
    case 'balance-unknown':
      return new TollgateError('unavailable', { retryAfterMs: 1_000 });
  }
}

function mapWindowRefusal({
  unit,
  limit,
  retryAfterMs,
}: Extract<Refusal, { reason: 'window' }>): TollgateError {
  if (retryAfterMs !== null)
    return new TollgateError('rate_limited', {
      message: `The limit of ${limit} ${unit} a minute is reached.`,
      retryAfterMs,
    });
  // Waiting does not help, so no time is named.
  return new TollgateError('rate_limited', {
    message: `The request alone is larger than the limit of ${limit} ${unit} a minute.`,
    shouldRetry: false,
  });
}

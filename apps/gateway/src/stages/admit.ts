import { TollgateError, type Clock } from '@tollgate/core';
import type {
  AdmitRequest,
  AdmitResult,
  Counted,
  Hold,
  Lease,
  MoneyRequest,
  PurseName,
  Store,
  Ticket,
  WindowName,
  WindowState,
} from '@tollgate/store';
import { mapMoneyRefusal } from '../money/map-money-refusal.ts';
import type { PurseSeeder } from '../money/purse-seeder.ts';
import { findSubscription } from '../money/select-subscription.ts';
import type { RequestContext } from '../request-context.ts';
import type { TokenQuotaGuard } from '../token-quota/token-quota-guard.ts';
import { buildAdmitRequest } from './build-admit-request.ts';
import { buildMoneyRequest, type MoneyServices } from './build-money-request.ts';
import { waitForTicket } from './wait-for-ticket.ts';

export interface AdmitServices extends MoneyServices {
  store: Store;
  purses: Pick<PurseSeeder, 'seed'>;
  tokenQuotas: TokenQuotaGuard;
  clock: Clock;
  /** LIM-1 */
  windowShape: WindowName['shape'];
}

/**
 * A seed is void when the figures were invalidated while they were read: then they are read again. More often than
 * this, somebody moves them faster than Postgres answers.
 */
const SEED_TRIES_MAX = 3;
/** What to tell a client whose slots are all taken: they come free when its own requests end. */
const SLOT_RETRY_AFTER_MS = 1_000;

/** A promise only where something is waited for. */
type Admitting = TollgateError | null | Promise<TollgateError | null>;
type Unknown = Extract<AdmitResult, { reason: 'purses-unknown' }>;
type Refusal = Exclude<AdmitResult, { admitted: true } | { reason: 'queued' }>;

/**
 * Windows, money, token quota and slots in one store call; without a free slot, or while others hold the money, the
 * request waits (LIM-5). Exit: 429 (windows, slots, queue, spending windows), 403 (balance, quota, subscription), 400
 * (token quota), 503 (store gone). `slots: false` is for calls that cost no concurrency and no money (API-5).
 */
export function admit(
  context: RequestContext,
  services: AdmitServices,
  { slots }: { slots: boolean },
): Admitting {
  const building = buildMoneyRequest(context, services, { holds: slots });
  return building instanceof Promise
    ? building.then((money) => checkAll(context, services, money, slots))
    : checkAll(context, services, building, slots);
}

function checkAll(
  context: RequestContext,
  services: AdmitServices,
  money: MoneyRequest | TollgateError | null,
  slots: boolean,
): Admitting {
  if (money instanceof TollgateError) return money;
  const request = buildRequest(context, services, money, slots);
  if (!request.checksTokenQuota) return askStore(context, request, services);
  return services.tokenQuotas
    .check(request.userId)
    .then((refusal) => refusal ?? askStore(context, request, services));
}

/** Every request passes here: one promise beside the store's, and no frame that is kept while it waits. */
function askStore(
  context: RequestContext,
  request: AdmitRequest,
  services: AdmitServices,
): Promise<TollgateError | null> {
  return services.store
    .admit(request)
    .then((first) =>
      isUnknown(first)
        ? askAgain(context, request, first, services)
        : takeAnswer(context, request, first, services),
    );
}

function takeAnswer(
  context: RequestContext,
  request: AdmitRequest,
  result: AdmitResult,
  services: AdmitServices,
): Admitting {
  if (result.admitted) {
    hold(context, result, result);
    addAllLimitHeaders(context, result);
    noteAdmitted(context, services.clock);
    return null;
  }
  if (result.reason !== 'queued') return mapRefusal(result, services);
  return waitForPlace(context, request, result, services);
}

function buildRequest(
  context: RequestContext,
  services: AdmitServices,
  money: MoneyRequest | null,
  slots: boolean,
): AdmitRequest {
  return buildAdmitRequest(context, {
    slots,
    shape: services.windowShape,
    money,
    onPursesUnknown: (purses, seedToken) => seedPurses(context, purses, seedToken, services),
  });
}

function isUnknown(result: AdmitResult): result is Unknown {
  return !result.admitted && result.reason === 'purses-unknown';
}

async function askAgain(
  context: RequestContext,
  request: AdmitRequest,
  first: Unknown,
  services: AdmitServices,
): Promise<TollgateError | null> {
  const result = await askSeeded(context, request, first, services);
  return takeAnswer(context, request, result, services);
}

/** Figures that the store does not know are read from the books and put there. */
async function askSeeded(
  context: RequestContext,
  request: AdmitRequest,
  first: Unknown,
  services: AdmitServices,
): Promise<AdmitResult> {
  let result: AdmitResult = first;
  for (let tries = 0; tries < SEED_TRIES_MAX && isUnknown(result); tries += 1) {
    await seedPurses(context, result.purses, result.seedToken, services);
    result = await services.store.admit(request);
  }
  return result;
}

function seedPurses(
  { admitted: { key, group } }: RequestContext,
  purses: readonly PurseName[],
  seedToken: string,
  services: AdmitServices,
): Promise<void> {
  const subscriptionId = findSubscription(key, group)?.id ?? null;
  return services.purses.seed({ userId: key.user.id, keyId: key.key.id, subscriptionId }, purses, seedToken);
}

async function waitForPlace(
  context: RequestContext,
  request: AdmitRequest,
  queued: Extract<AdmitResult, { reason: 'queued' }>,
  services: AdmitServices,
): Promise<TollgateError | null> {
  // Before the wait: a sign of life may send the head of the answer meanwhile.
  addAllLimitHeaders(context, queued);
  const queuedAtMs = services.clock.monotonicMs();
  const outcome = await waitForTicket(context, queued.ticket);
  const nowMs = services.clock.monotonicMs();
  context.decision.admissionWaitedMs = Math.round(nowMs - queuedAtMs);
  switch (outcome.kind) {
    case 'granted':
      return useGrant(context, request, { ...queued, ...outcome }, services);
    case 'money':
      return mapMoneyRefusal(outcome.refusal);
    case 'timeout':
      return new TollgateError('concurrency_limited', {
        message: 'No slot, or money that others hold, came free in time: too many concurrent requests.',
        retryAfterMs: SLOT_RETRY_AFTER_MS,
      });
    case 'lost':
      return new TollgateError('unavailable', { retryAfterMs: 1_000 });
    case 'cancelled':
      return new TollgateError('client_closed');
  }
}

/** Refused after all: the ticket gives back slots, counts and hold, as if it had not been granted (LIM-1). */
async function useGrant(
  context: RequestContext,
  request: AdmitRequest,
  grant: Counted & { ticket: Ticket; leases: readonly Lease[]; hold: Hold | null },
  services: AdmitServices,
): Promise<TollgateError | null> {
  let isUsed = false;
  try {
    // REQ-1: the money was looked at with the grant; the tokens may be spent by now.
    const refusal = request.checksTokenQuota ? await services.tokenQuotas.checkAgain(request.userId) : null;
    isUsed = refusal === null;
    return refusal;
  } finally {
    if (isUsed) {
      hold(context, grant, grant);
      noteAdmitted(context, services.clock);
    } else grant.ticket.cancel();
  }
}

/** OPS-9 */
function noteAdmitted({ decision, startedAtMonotonicMs }: RequestContext, clock: Clock): void {
  decision.admittedAfterMs = Math.round(clock.monotonicMs() - startedAtMonotonicMs);
}

/** What the end of the request gives back, or corrects (LIM-2). */
function hold(
  context: RequestContext,
  granted: { leases: readonly Lease[]; hold: Hold | null },
  { reservations }: Counted,
): void {
  context.leases = join(context.leases, granted.leases);
  context.money.take(granted.hold);
  context.reservations = join(context.reservations, reservations);
}

/** The list itself where the other one has nothing: most requests are admitted once. */
function join<Held>(held: readonly Held[], more: readonly Held[]): readonly Held[] {
  if (more.length === 0) return held;
  return held.length === 0 ? more : [...held, ...more];
}

/**
 * SEL-6: what a second group asks of a request that holds its slots already: this group's own windows, and money from
 * whoever pays there. What was held of the first payer is settled before. Exit: as `admit`'s.
 */
export async function admitToGroup(
  context: RequestContext,
  services: AdmitServices,
): Promise<TollgateError | null> {
  context.money.settle(services.store);
  const building = buildMoneyRequest(context, services, { holds: true });
  const money = building instanceof Promise ? await building : building;
  if (money instanceof TollgateError) return money;
  const whole = buildRequest(context, services, money, true);
  const windows = whole.windows.filter(({ subject }) => subject.kind === 'user-group');
  const request = { ...whole, windows, slots: [], queue: null };
  const first = await services.store.admit(request);
  const result = isUnknown(first) ? await askSeeded(context, request, first, services) : first;
  if (!result.admitted) return result.reason === 'queued' ? null : mapRefusal(result, services);
  hold(context, result, result);
  return null;
}

/** LIM-2: the client sees the tightest window of each unit. */
function addAllLimitHeaders(context: RequestContext, { requests, tokens }: Counted): void {
  if (requests) addLimitHeaders(context, 'requests', requests);
  if (tokens) addLimitHeaders(context, 'tokens', tokens);
}

/** Written out: a name that is glued together is looked up anew for every request. */
const LIMIT_HEADERS = {
  requests: {
    limit: 'x-ratelimit-limit-requests',
    remaining: 'x-ratelimit-remaining-requests',
    reset: 'x-ratelimit-reset-requests',
  },
  tokens: {
    limit: 'x-ratelimit-limit-tokens',
    remaining: 'x-ratelimit-remaining-tokens',
    reset: 'x-ratelimit-reset-tokens',
  },
} as const;

function addLimitHeaders(
  { answerHeaders }: RequestContext,
  unit: WindowName['unit'],
  { limit, remaining, resetMs }: WindowState,
): void {
  const names = LIMIT_HEADERS[unit];
  answerHeaders[names.limit] = String(limit);
  answerHeaders[names.remaining] = String(remaining);
  answerHeaders[names.reset] = `${Math.ceil(resetMs / 1_000)}s`;
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
    case 'money':
      return mapMoneyRefusal(refusal);
    case 'purses-unknown':
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

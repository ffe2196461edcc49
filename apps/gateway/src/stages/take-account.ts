import { type EligibleAccount } from '@tollgate/accounts';
import { TollgateError, type AccountId, type Clock } from '@tollgate/core';
import type {
  AccountCandidate,
  AccountExclusion,
  AccountWait,
  Store,
  TakeAccountResult,
} from '@tollgate/store';
import { deriveOnce } from '../derive-once.ts';
import type { RequestContext } from '../request-context.ts';
import { buildRequestSession, type RequestSession } from '../request-session.ts';
import { mapExclusions } from './map-exclusions.ts';
import { seedWindowCosts, type SeedServices } from './seed-window-costs.ts';
import type { PickedAccount } from './picked-account.ts';
import { waitForTicket } from './wait-for-ticket.ts';

export interface TakeAccountServices extends SeedServices {
  store: Store;
  clock: Clock;
}

/** SEL-4 */
const STICKY_TTL_MS = 3_600_000;
/** SEL-3 */
const WAIT: AccountWait = { stickyMax: 3, stickyTimeoutMs: 45_000, max: 100, timeoutMs: 30_000 };
/** Answers that ask for another try (figures seeded, places lost); more often than this, something is broken. */
const TRIES_MAX = 20;

type Taken = Extract<TakeAccountResult, { taken: true }>;
type TakenSlot = Pick<Taken, 'accountId' | 'lease' | 'isProbe' | 'registeredSession'>;
type Queued = Extract<TakeAccountResult, { reason: 'queued' }>;

/**
 * Takes a slot on the best account, or waits for one (SEL-1…4). An account whose queue is full or whose wait is
 * over is left for the next one, while the request's deadline lasts. Exit: 429, 503.
 */
export async function takeAccount(
  context: RequestContext,
  eligible: readonly EligibleAccount[],
  services: TakeAccountServices,
): Promise<PickedAccount | TollgateError> {
  const session = buildRequestSession(context);
  const sessionId = session !== null && countSessions(eligible) ? session.id : null;
  const { key } = context.admitted;
  const { decision } = context;
  let exclusions: Map<AccountId, AccountExclusion> | null = null;
  const askedAtMs = services.clock.monotonicMs();
  let left = eligible;
  for (let tries = 0; tries < TRIES_MAX && left.length > 0; tries += 1) {
    const result = await services.store.takeAccount({
      candidates: buildCandidates(left),
      userId: key.user.id,
      weight: key.user.weight,
      sticky: session && { name: session.stickyName, ttlMs: STICKY_TTL_MS },
      session: sessionId,
      wait: buildWait(context, session, services.clock),
    });
    if (result.taken) {
      if (exclusions !== null) decision.exclude(exclusions.values());
      decision.exclude(result.exclusions);
      decision.choose(result.accountId, result.isSticky ? 'sticky' : 'load', result);
      return buildPicked(eligible, result, sessionId, services);
    }
    exclusions ??= new Map();
    if (result.reason === 'window-cost-unknown') {
      const open = await seedWindowCosts(left, result, services);
      for (const { account } of left.filter((each) => !open.includes(each)))
        exclusions.set(account.id, { accountId: account.id, reason: 'window-cost', retryAfterMs: null });
      left = open;
      continue;
    }
    for (const exclusion of result.exclusions) exclusions.set(exclusion.accountId, exclusion);
    if (result.reason === 'none') break;
    const granted = await waitForAccount(context, result, services);
    if (granted instanceof TollgateError) return granted;
    if (granted === 'lost') continue;
    if (granted !== 'timeout') {
      decision.exclude(exclusions.values());
      decision.choose(granted.accountId, 'wait', {
        waitedMs: Math.round(services.clock.monotonicMs() - askedAtMs),
      });
      return buildPicked(eligible, granted, sessionId, services);
    }
    const { accountId } = result;
    exclusions.set(accountId, { accountId, reason: 'full', retryAfterMs: null });
    left = left.filter(({ account }) => account.id !== accountId);
  }
  const all = [...(exclusions?.values() ?? [])];
  decision.exclude(all);
  return mapExclusions(all);
}

/** LIM-7: whether any of them does. */
const countSessions = deriveOnce((eligible: readonly EligibleAccount[]) =>
  eligible.some(({ account }) => account.sessionsMax > 0),
);

/** By priority, as the store takes them: one list for all requests that may go to the same accounts. */
const buildCandidates = deriveOnce((eligible: readonly EligibleAccount[]) =>
  Object.freeze(eligible.map(buildCandidate).toSorted((one, other) => one.priority - other.priority)),
);

/** Only accounts with their own limits pay for them. */
function buildCandidate({ account, upstreamModel }: EligibleAccount): AccountCandidate {
  const { windowCostLimit: limit, windowCostReserve: reserve } = account;
  return {
    accountId: account.id,
    max: account.concurrency,
    priority: account.priority,
    upstreamModel,
    sessionsMax: account.sessionsMax,
    sessionIdleMs: account.sessionIdleMs,
    windowCost: limit === null ? null : { limit, reserve },
  };
}

/**
 * No wait goes beyond the request's own deadline (REQ-7); null = it is over. Only a session that the client named
 * waits for its account: of two conversations that begin alike neither has to.
 */
function buildWait(
  context: RequestContext,
  session: RequestSession | null,
  clock: Clock,
): AccountWait | null {
  const endsAtMs = context.startedAtMonotonicMs + context.admitted.group.deadlines.totalMs;
  const restMs = Math.floor(endsAtMs - clock.monotonicMs());
  if (restMs <= 0) return null;
  return {
    ...WAIT,
    stickyMax: session?.isNamed === false ? 0 : WAIT.stickyMax,
    timeoutMs: Math.min(WAIT.timeoutMs, restMs),
    stickyTimeoutMs: Math.min(WAIT.stickyTimeoutMs, restMs),
  };
}

/** `timeout`: choose among the others. `lost`: the account may be kept out now: choose anew among all. */
async function waitForAccount(
  context: RequestContext,
  queued: Queued,
  { store }: TakeAccountServices,
): Promise<TakenSlot | 'timeout' | 'lost' | TollgateError> {
  const outcome = await waitForTicket(context, queued.ticket);
  const lease = outcome.kind === 'granted' ? outcome.leases[0] : undefined;
  if (lease !== undefined)
    return {
      accountId: queued.accountId,
      lease,
      isProbe: false,
      registeredSession: queued.registeredSession,
    };
  if (queued.registeredSession) store.releaseSession(queued.registeredSession);
  if (outcome.kind === 'cancelled') return new TollgateError('client_closed');
  return outcome.kind === 'timeout' ? 'timeout' : 'lost';
}

function buildPicked(
  eligible: readonly EligibleAccount[],
  taken: TakenSlot,
  sessionId: PickedAccount['sessionId'],
  { store }: TakeAccountServices,
): PickedAccount {
  const picked = eligible.find(({ account }) => account.id === taken.accountId);
  const { lease, isProbe, registeredSession } = taken;
  if (picked !== undefined) {
    const { account, upstreamModel } = picked;
    return { account, upstreamModel, lease, isProbe, sessionId, registeredSession };
  }
  store.release([lease]);
  throw new Error('the store took an account that was not offered');
}

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
const WAIT: Readonly<AccountWait> = { stickyMax: 3, stickyTimeoutMs: 45_000, max: 100, timeoutMs: 30_000 };
/** Answers that ask for another try (figures seeded, places lost); more often than this, something is broken. */
const TRIES_MAX = 20;

type Taken = Extract<TakeAccountResult, { taken: true }>;
type TakenSlot = Pick<Taken, 'accountId' | 'lease' | 'isProbe' | 'registeredSession'>;
type NotTaken = Exclude<TakeAccountResult, { taken: true }>;
type Queued = Extract<NotTaken, { reason: 'queued' }>;

/**
 * Takes a slot on the best account, or waits for one (SEL-1…4). An account whose queue is full or whose wait is
 * over is left for the next one, while the request's deadline lasts. Exit: 429, 503.
 */
export function takeAccount(
  context: RequestContext,
  eligible: readonly EligibleAccount[],
  services: TakeAccountServices,
): Promise<PickedAccount | TollgateError> {
  const search = new AccountSearch(context, eligible, services);
  // The usual request ends here: what follows costs only those that find no free account at once.
  return search.ask().then((result) => (result.taken ? search.take(result) : search.goOn(result)));
}

/** One request's way to an account. */
class AccountSearch {
  readonly #context: RequestContext;
  readonly #eligible: readonly EligibleAccount[];
  readonly #services: TakeAccountServices;
  readonly #session: RequestSession | null;
  readonly #sessionId: string | null;
  readonly #askedAtMs: number;
  /** null = none yet. */
  #exclusions: Map<AccountId, AccountExclusion> | null = null;
  /** Who may still be asked for. */
  #left: readonly EligibleAccount[];

  constructor(context: RequestContext, eligible: readonly EligibleAccount[], services: TakeAccountServices) {
    const session = buildRequestSession(context);
    this.#context = context;
    this.#eligible = eligible;
    this.#left = eligible;
    this.#services = services;
    this.#session = session;
    this.#sessionId = session !== null && countSessions(eligible) ? session.id : null;
    this.#askedAtMs = services.clock.monotonicMs();
  }

  ask(): Promise<TakeAccountResult> {
    const { user } = this.#context.admitted.key;
    const session = this.#session;
    return this.#services.store.takeAccount({
      candidates: buildCandidates(this.#left),
      userId: user.id,
      weight: user.weight,
      sticky: session && { name: session.stickyName, ttlMs: STICKY_TTL_MS },
      session: this.#sessionId,
      wait: buildWait(this.#context, session, this.#services.clock),
    });
  }

  /** The account that the store has taken. */
  take(taken: Taken): PickedAccount {
    const { decision } = this.#context;
    if (this.#exclusions !== null) decision.exclude(this.#exclusions.values());
    if (taken.exclusions.length > 0) decision.exclude(taken.exclusions);
    decision.choose(taken.accountId, taken.isSticky ? 'sticky' : 'load', taken);
    return this.#buildPicked(taken);
  }

  async goOn(first: TakeAccountResult): Promise<PickedAccount | TollgateError> {
    let result = first;
    for (let tries = 1; !result.taken; tries += 1) {
      const found = await this.#learn(result);
      if (found !== 'again') return found;
      if (tries >= TRIES_MAX || this.#left.length === 0) return this.#giveUp();
      result = await this.ask();
    }
    return this.take(result);
  }

  /** What an answer without an account says of the accounts. */
  async #learn(result: NotTaken): Promise<PickedAccount | TollgateError | 'again'> {
    if (result.reason === 'window-cost-unknown') return this.#seed(result);
    for (const exclusion of result.exclusions) this.#exclude(exclusion);
    return result.reason === 'none' ? this.#giveUp() : this.#wait(result);
  }

  async #seed(unknown: Extract<NotTaken, { reason: 'window-cost-unknown' }>): Promise<'again'> {
    const open = await seedWindowCosts(this.#left, unknown, this.#services);
    for (const { account } of this.#left.filter((each) => !open.includes(each)))
      this.#exclude({ accountId: account.id, reason: 'window-cost', retryAfterMs: null });
    this.#left = open;
    return 'again';
  }

  async #wait(queued: Queued): Promise<PickedAccount | TollgateError | 'again'> {
    const granted = await waitForAccount(this.#context, queued, this.#services);
    if (granted instanceof TollgateError) return granted;
    // The account may be kept out now: choose anew among all.
    if (granted === 'lost') return 'again';
    if (granted !== 'timeout') return this.#takeGranted(granted);
    this.#exclude({ accountId: queued.accountId, reason: 'full', retryAfterMs: null });
    this.#left = this.#left.filter(({ account }) => account.id !== queued.accountId);
    return 'again';
  }

  #takeGranted(granted: TakenSlot): PickedAccount {
    const { decision } = this.#context;
    if (this.#exclusions !== null) decision.exclude(this.#exclusions.values());
    const waitedMs = Math.round(this.#services.clock.monotonicMs() - this.#askedAtMs);
    decision.choose(granted.accountId, 'wait', { waitedMs });
    return this.#buildPicked(granted);
  }

  #exclude(exclusion: AccountExclusion): void {
    (this.#exclusions ??= new Map()).set(exclusion.accountId, exclusion);
  }

  #giveUp(): TollgateError {
    const all = [...(this.#exclusions?.values() ?? [])];
    this.#context.decision.exclude(all);
    return mapExclusions(all);
  }

  #buildPicked({ accountId, lease, isProbe, registeredSession }: TakenSlot): PickedAccount {
    const sessionId = this.#sessionId;
    // By place: over a frozen list each step of an iterator is an object.
    for (let place = 0; place < this.#eligible.length; place += 1) {
      const each = this.#eligible[place];
      if (each?.account.id !== accountId) continue;
      const { account, upstreamModel } = each;
      return { account, upstreamModel, lease, isProbe, sessionId, registeredSession };
    }
    this.#services.store.release([lease]);
    throw new Error('the store took an account that was not offered');
  }
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
    stickyMax: session?.isNamed === false ? 0 : WAIT.stickyMax,
    stickyTimeoutMs: Math.min(WAIT.stickyTimeoutMs, restMs),
    max: WAIT.max,
    timeoutMs: Math.min(WAIT.timeoutMs, restMs),
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

import {
  TollgateError,
  type AccountId,
  type AccountSnapshot,
  type GroupSnapshot,
  type Platform,
} from '@tollgate/core';
import { endProbe } from '../account-feedback.ts';
import type { RequestContext } from '../request-context.ts';
import type { OpenedAccount } from '../snapshots/opened-accounts.ts';
import type { TokenRefresher } from '../token-refresher.ts';
import { fitStreamOnly } from '../translation/fit-stream-only.ts';
import { translateAttempt, type TranslateServices } from '../translation/translate-attempt.ts';
import type { Translation } from '../translation/translation.ts';
import { mapUpstreamFailures, type UpstreamFailure } from '../upstream-failures.ts';
import { admitToGroup, type AdmitServices } from './admit.ts';
import { holdSession, type SessionHold } from './hold-session.ts';
import { interceptWarmUp } from './intercept-warm-up.ts';
import { pickAccount, type PickAccountServices } from './pick-account.ts';
import type { PickedAccount } from './picked-account.ts';
import { isServedBy } from './is-served-by.ts';
import { runAttempt, type AttemptServices } from './run-attempt.ts';
import type { ReadyAccount } from './ready-account.ts';

export interface ForwardServices
  extends AttemptServices, PickAccountServices, AdmitServices, TranslateServices {
  tokenRefresher: Pick<TokenRefresher, 'refresh'>;
}

/** One try on one account: null = the client has its answer, or has left. */
export type AccountAttempt = (
  context: RequestContext,
  ready: ReadyAccount,
  services: ForwardServices,
) => Promise<UpstreamFailure | null>;

/** SEL-5: at most this many changes of account in one request. */
const SWITCHES_MAX: Readonly<Record<Platform, number>> = {
  anthropic: 10,
  openai: 10,
  gemini: 3,
  antigravity: 10,
};
/** An account that cannot prove itself fails as one whose key the upstream refuses. */
const NOT_OPENED: UpstreamFailure = { reason: 'auth', retryAfterMs: null, needsTokenRefresh: false };

const NOBODY: ReadonlySet<AccountId> = new Set();

interface ForwardOptions {
  slots: boolean;
  attempt: AccountAttempt;
  /** How the request is worded for an account. Default: as a call to a model. */
  translate?: typeof translateAttempt;
}

const CALL: ForwardOptions = { slots: true, attempt: runAttempt };

/** The account that a request has, and what it has of it by now. */
interface HeldAccount {
  picked: PickedAccount;
  /** With its newest token. */
  account: AccountSnapshot;
  session: SessionHold | null;
  hasRefreshedToken: boolean;
}

interface FailedTry {
  options: ForwardOptions;
  failure: UpstreamFailure;
}

/** Most requests try one account, and need no set. */
class TriedAccounts {
  #ids: Set<AccountId> | null = null;

  get ids(): ReadonlySet<AccountId> {
    return this.#ids ?? NOBODY;
  }

  add(id: AccountId): void {
    (this.#ids ??= new Set()).add(id);
  }
}

/**
 * Tries accounts until one answers. Nothing but signs of life reaches the client before an attempt's first content
 * byte, so each failed attempt leaves no trace in the answer. A request that the upstream refuses may have a second
 * group to try (SEL-6). Exit: REQ-6's error of the failures.
 */
export async function forward(
  context: RequestContext,
  services: ForwardServices,
  options: ForwardOptions = CALL,
): Promise<TollgateError | null> {
  const interception = options.slots && interceptWarmUp(context, services);
  if (interception !== false && (await interception)) return null;
  const tried = new TriedAccounts();
  const result = await forwardInGroup(context, services, options, tried);
  if (result === null || result instanceof TollgateError) return result;
  return forwardToFallback(context, services, options, { result, tried });
}

async function forwardToFallback(
  context: RequestContext,
  services: ForwardServices,
  options: ForwardOptions,
  { result, tried }: { result: UpstreamFailure; tried: TriedAccounts },
): Promise<null> {
  const { status, error } = context.decision;
  const hasFallback = await enterFallbackGroup(context, services);
  const second = hasFallback ? await forwardInGroup(context, services, options, tried) : result;
  // Where the other group cannot answer, what the first upstream said is the more useful word.
  if (second !== null && !context.clientHasLeft) {
    result.passOn?.();
    Object.assign(context.decision, { status, error });
  }
  return null;
}

/** null = answered or left; a failure = the upstream refused the request itself. */
async function forwardInGroup(
  context: RequestContext,
  services: ForwardServices,
  options: ForwardOptions,
  tried: TriedAccounts,
): Promise<TollgateError | UpstreamFailure | null> {
  const failures: UpstreamFailure[] = [];
  const switchesMax = SWITCHES_MAX[context.admitted.group.platform];
  while (failures.length <= switchesMax) {
    if (isOverdue(context, services)) return new TollgateError('upstream_timeout');
    const picked = await pickAccount(context, services, { excluded: tried.ids, slots: options.slots });
    if (picked instanceof TollgateError) return failures.length > 0 ? mapUpstreamFailures(failures) : picked;
    const failure = await tryAccount(context, picked, services, options);
    if (failure === null || context.clientHasLeft) return null;
    tried.add(picked.account.id);
    if (failure.reason === 'refused-request') return failure;
    failures.push(failure);
  }
  return mapUpstreamFailures(failures);
}

/** Once: the second group's own fallback is not followed. What goes wrong here is not the client's concern. */
async function enterFallbackGroup(context: RequestContext, services: ForwardServices): Promise<boolean> {
  try {
    const group = await findFallbackGroup(context, services);
    if (group === null) return false;
    context.group = { ...group, invalidRequestFallbackGroupId: null };
    return (await admitToGroup(context, services)) === null;
  } catch (fault) {
    services.logger.warn({ err: fault, requestId: context.request.id }, 'fallback group cannot be asked');
    return false;
  }
}

/** null = there is none that could serve this endpoint. */
async function findFallbackGroup(
  { admitted, endpoint }: RequestContext,
  { snapshots }: ForwardServices,
): Promise<GroupSnapshot | null> {
  const { invalidRequestFallbackGroupId: groupId } = admitted.group;
  const found = groupId === null ? null : await snapshots.groups.get(groupId);
  if (found === null || found.group.status !== 'active') return null;
  return isServedBy(endpoint, found.group) ? found.group : null;
}

/** REQ-7: nothing is begun that the request's own deadline would cut at once. */
function isOverdue({ admitted, startedAtMonotonicMs }: RequestContext, { clock }: ForwardServices): boolean {
  return clock.monotonicMs() - startedAtMonotonicMs >= admitted.group.deadlines.totalMs;
}

/** Whatever happens, the account's slot comes back, its place for a probe, and a session that was for nothing. */
async function tryAccount(
  context: RequestContext,
  picked: PickedAccount,
  services: ForwardServices,
  options: ForwardOptions,
): Promise<UpstreamFailure | null> {
  const { store } = services;
  const session = holdSession(picked, services);
  try {
    // It may have left while the slot was taken: nothing is sent for nobody.
    if (context.clientHasLeft) return null;
    const held: HeldAccount = { picked, account: picked.account, session, hasRefreshedToken: false };
    const trying = tryOnce(context, held, services, options);
    const failure = trying instanceof Promise ? await trying : trying;
    // The usual request ends here: what follows costs only those that failed.
    return failure === null ? null : await tryAgain(context, held, services, { options, failure });
  } finally {
    session?.end();
    endProbe(picked, store);
    if (picked.lease) store.release([picked.lease]);
  }
}

/** ACC-3: an account whose token the upstream refuses gets one more try with a new one. */
async function tryAgain(
  context: RequestContext,
  held: HeldAccount,
  services: ForwardServices,
  { options, failure: first }: FailedTry,
): Promise<UpstreamFailure | null> {
  const failure = await tryReadable(context, held, services, { options, failure: first });
  if (failure?.needsTokenRefresh !== true || context.clientHasLeft) return failure;
  const account = await services.tokenRefresher.refresh(held.account, context.admitted.group.id);
  if (account === null || context.clientHasLeft) return failure;
  const fresh: HeldAccount = { ...held, account, hasRefreshedToken: true };
  const second = await tryOnce(context, fresh, services, options);
  return second === null ? null : tryReadable(context, fresh, services, { options, failure: second });
}

/**
 * SEL-7: a session that had to leave its account brings along what only that one can read. Where the new one says so,
 * it is asked again without; from then on the request goes without to all.
 */
async function tryReadable(
  context: RequestContext,
  held: HeldAccount,
  services: ForwardServices,
  { options, failure }: FailedTry,
): Promise<UpstreamFailure | null> {
  if (failure.reason !== 'refused-signature' || context.clientHasLeft) return failure;
  context.stripsSignatures = true;
  return tryOnce(context, held, services, options);
}

/** Without a promise of its own where nothing is translated. */
function tryOnce(
  context: RequestContext,
  held: HeldAccount,
  services: ForwardServices,
  { attempt, translate = translateAttempt }: ForwardOptions,
): UpstreamFailure | null | Promise<UpstreamFailure | null> {
  const opened = openAccount(context, held, services);
  if (opened === null) return NOT_OPENED;
  const target = { account: held.account, upstreamModel: held.picked.upstreamModel };
  const wording = translate(context, target, services);
  const send = (translation: Translation | null | TollgateError) => {
    if (translation instanceof TollgateError) return refuse(context, translation);
    // It may have left while a worker had its request.
    if (context.clientHasLeft) return null;
    const streamOnly = fitStreamOnly(context, target, translation);
    if (streamOnly instanceof TollgateError) return refuse(context, streamOnly);
    return attempt(context, buildReady(held, opened, { translation, streamOnly }), services);
  };
  return wording instanceof Promise ? wording.then(send) : send(wording);
}

function buildReady(
  { picked, account, session, hasRefreshedToken }: HeldAccount,
  opened: OpenedAccount,
  { translation, streamOnly }: Pick<ReadyAccount, 'translation' | 'streamOnly'>,
): ReadyAccount {
  return {
    account,
    upstreamModel: picked.upstreamModel,
    lease: picked.lease,
    isProbe: picked.isProbe,
    sessionId: picked.sessionId,
    registeredSession: picked.registeredSession,
    session,
    opened,
    hasRefreshedToken,
    translation,
    streamOnly,
  };
}

/** What no account of this platform can be asked: the group's other group may know the protocol (SEL-6). */
function refuse({ writer, decision }: RequestContext, refusal: TollgateError): UpstreamFailure {
  decision.noteAttempt(null, refusal.status, refusal.code);
  const passOn = () => writer.sendError(refusal);
  return { reason: 'refused-request', retryAfterMs: null, needsTokenRefresh: false, passOn };
}

/** null = the account cannot be used as it is stored; the others still can. */
function openAccount(
  context: RequestContext,
  { account }: HeldAccount,
  { accounts, logger }: ForwardServices,
): OpenedAccount | null {
  try {
    return accounts.open(account);
  } catch (fault) {
    const detail = { err: fault, requestId: context.request.id, accountId: account.id };
    logger.error(detail, 'account cannot be opened');
    return null;
  }
}

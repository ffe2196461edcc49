import { TollgateError } from '@tollgate/core';
import { endProbe } from '../account-feedback.ts';
import type { RequestContext } from '../request-context.ts';
import type { OpenedAccount } from '../snapshots/opened-accounts.ts';
import { fitStreamOnly } from '../translation/fit-stream-only.ts';
import type { Translation } from '../translation/translation.ts';
import type { UpstreamFailure } from '../upstream-failures.ts';
import type { ForwardOptions, ForwardServices } from './forward-options.ts';
import { holdSession, type SessionHold } from './hold-session.ts';
import type { PickedAccount } from './picked-account.ts';
import type { ReadyAccount } from './ready-account.ts';

type Trying = UpstreamFailure | null | Promise<UpstreamFailure | null>;

/** An account that cannot prove itself fails as one whose key the upstream refuses. */
const NOT_OPENED: UpstreamFailure = { reason: 'auth', retryAfterMs: null, needsTokenRefresh: false };

/** The account that a request has: what it asks there, and what it gives back at the end. */
export class AccountTry {
  readonly #context: RequestContext;
  /** With its newest token. */
  #picked: PickedAccount;
  readonly #services: ForwardServices;
  readonly #options: ForwardOptions;
  readonly #session: SessionHold | null;
  #hasRefreshedToken = false;

  constructor(
    context: RequestContext,
    picked: PickedAccount,
    services: ForwardServices,
    options: ForwardOptions,
  ) {
    this.#context = context;
    this.#picked = picked;
    this.#services = services;
    this.#options = options;
    this.#session = holdSession(picked, services);
  }

  /** The slot comes back, its place for a probe, and a session that was for nothing. Once, whatever happens. */
  end(): void {
    const { lease } = this.#picked;
    this.#session?.end();
    endProbe(this.#picked, this.#services.store);
    if (lease) this.#services.store.release([lease]);
  }

  /** null = the client has its answer, or has left. Without a promise of its own where nothing is translated. */
  begin(): Trying {
    const opened = this.#open();
    if (opened === null) return NOT_OPENED;
    const wording = this.#options.translate(this.#context, this.#picked, this.#services);
    return wording instanceof Promise
      ? wording.then((translation) => this.#send(opened, translation))
      : this.#send(opened, wording);
  }

  /** ACC-3: an account whose token the upstream refuses gets one more try with a new one. */
  async goOn(first: UpstreamFailure): Promise<UpstreamFailure | null> {
    const failure = await this.#tryReadable(first);
    if (failure?.needsTokenRefresh !== true || this.#context.clientHasLeft) return failure;
    const groupId = this.#context.admitted.group.id;
    const account = await this.#services.tokenRefresher.refresh(this.#picked.account, groupId);
    if (account === null || this.#context.clientHasLeft) return failure;
    this.#picked = { ...this.#picked, account };
    this.#hasRefreshedToken = true;
    const second = await this.begin();
    return second === null ? null : this.#tryReadable(second);
  }

  /**
   * SEL-7: a session that had to leave its account brings along what only that one can read. Where the new one says
   * so, it is asked again without; from then on the request goes without to all.
   */
  #tryReadable(failure: UpstreamFailure): Trying {
    if (failure.reason !== 'refused-signature' || this.#context.clientHasLeft) return failure;
    this.#context.stripsSignatures = true;
    return this.begin();
  }

  #send(opened: OpenedAccount, translation: Translation | null | TollgateError): Trying {
    if (translation instanceof TollgateError) return refuse(this.#context, translation);
    // It may have left while a worker had its request.
    if (this.#context.clientHasLeft) return null;
    const streamOnly = fitStreamOnly(this.#context, this.#picked, translation);
    if (streamOnly instanceof TollgateError) return refuse(this.#context, streamOnly);
    const ready = this.#buildReady(opened, translation, streamOnly);
    return this.#options.attempt(this.#context, ready, this.#services);
  }

  #buildReady(
    opened: OpenedAccount,
    translation: ReadyAccount['translation'],
    streamOnly: ReadyAccount['streamOnly'],
  ): ReadyAccount {
    const { account, upstreamModel, lease, isProbe, sessionId, registeredSession } = this.#picked;
    return {
      account,
      upstreamModel,
      lease,
      isProbe,
      sessionId,
      registeredSession,
      session: this.#session,
      opened,
      hasRefreshedToken: this.#hasRefreshedToken,
      translation,
      streamOnly,
    };
  }

  /** null = the account cannot be used as it is stored; the others still can. */
  #open(): OpenedAccount | null {
    const { accounts, logger } = this.#services;
    const { account } = this.#picked;
    try {
      return accounts.open(account);
    } catch (fault) {
      const detail = { err: fault, requestId: this.#context.request.id, accountId: account.id };
      logger.error(detail, 'account cannot be opened');
      return null;
    }
  }
}

/** What no account of this platform can be asked: the group's other group may know the protocol (SEL-6). */
function refuse({ writer, decision }: RequestContext, refusal: TollgateError): UpstreamFailure {
  decision.noteAttempt(null, refusal.status, refusal.code);
  const passOn = () => writer.sendError(refusal);
  return { reason: 'refused-request', retryAfterMs: null, needsTokenRefresh: false, passOn };
}

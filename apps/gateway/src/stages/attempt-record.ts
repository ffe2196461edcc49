import {
  TollgateError,
  type AccountId,
  type AttemptFacts,
  type AttemptOutcome,
  type NodeId,
} from '@tollgate/core';
import { JournalFullError } from '@tollgate/journal';
import { findSubscription } from '../money/select-subscription.ts';
import { readImagePrices } from '../read-image-prices.ts';
import { readMultiplier } from '../read-multiplier.ts';
import type { AttemptIdentity, RequestContext } from '../request-context.ts';
import type { PickedAccount } from './picked-account.ts';
import { settleAttempt, type AttemptResult, type SettleServices } from './settle.ts';

export interface RecordServices extends SettleServices {
  nodeId: NodeId;
}

/** One attempt in the journal: opened before it is sent, closed once (MON-5), and billed to the request's payers. */
export class AttemptRecord {
  readonly facts: AttemptFacts;
  readonly #context: RequestContext;
  readonly #services: SettleServices;
  #openedAtMs = 0;
  #isOpen = false;

  constructor(context: RequestContext, picked: PickedAccount, services: RecordServices) {
    const identity = context.takeAttempt(services.clock.nowMs());
    const { account, upstreamModel } = picked;
    this.facts = buildFacts(context, identity, { accountId: account.id, upstreamModel }, services);
    this.#context = context;
    this.#services = services;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Not to be sent before. Rejects with TollgateError `unavailable` when the journal is full. */
  open(): Promise<void> {
    return this.#services.journal.open(this.facts).then(() => this.#noteOpen(), refuseFull);
  }

  #noteOpen(): void {
    this.#openedAtMs = this.#services.clock.nowMs();
    this.#isOpen = true;
  }

  /** The first call counts, the others give null; one that throws has not closed it. */
  close(result: AttemptResult): AttemptOutcome | null {
    if (!this.#isOpen) return null;
    const closed = {
      state: result.state,
      status: result.status,
      errorCode: result.errorCode,
      metered: result.metered,
      firstTokenMs: result.firstTokenMs,
      upstreamRequestId: result.upstreamRequestId,
      durationMs: Math.max(0, this.#services.clock.nowMs() - this.#openedAtMs),
      imagePrices: readImagePrices(this.#context.admitted.group),
    };
    const outcome = settleAttempt(this.facts, closed, this.#services);
    this.#isOpen = false;
    this.#context.money.bill(outcome.actualCost);
    this.#context.decision.noteAttempt(outcome.attemptId, outcome.status, outcome.errorCode);
    return outcome;
  }
}

function refuseFull(cause: unknown): never {
  if (!(cause instanceof JournalFullError)) throw cause;
  throw new TollgateError('unavailable', { cause, retryAfterMs: 5_000 });
}

/** What is known of an attempt before it is sent. `accountId` null: it is not chosen yet. */
export function buildFacts(
  context: RequestContext,
  { attemptId, atMs }: AttemptIdentity,
  { accountId, upstreamModel }: { accountId: AccountId | null; upstreamModel: string },
  { nodeId }: { nodeId: NodeId },
): AttemptFacts {
  const { key, group } = context.admitted;
  const { scan } = context.parsed;
  return {
    attemptId,
    requestId: context.request.id,
    nodeId,
    atMs,
    userId: key.user.id,
    keyId: key.key.id,
    groupId: group.id,
    accountId: accountId ?? ('' as AccountId),
    protocol: context.dialect.protocol,
    model: scan.model,
    upstreamModel,
    stream: scan.stream,
    rateMultiplier: readMultiplier(group),
    subscriptionId: findSubscription(key, group)?.id ?? null,
  };
}

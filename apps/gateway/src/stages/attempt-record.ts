import { createId, TollgateError, type AttemptFacts, type AttemptOutcome, type NodeId } from '@tollgate/core';
import { JournalFullError } from '@tollgate/journal';
import { readMultiplier } from '../read-multiplier.ts';
import type { RequestContext } from '../request-context.ts';
import type { PickedAccount } from './pick-account.ts';
import { settleAttempt, type AttemptResult, type SettleServices } from './settle.ts';

export interface RecordServices extends SettleServices {
  nodeId: NodeId;
}

/** One attempt in the journal: opened before it is sent, closed once (MON-5). */
export class AttemptRecord {
  readonly facts: AttemptFacts;
  readonly #services: SettleServices;
  #isOpen = false;

  constructor(facts: AttemptFacts, services: SettleServices) {
    this.facts = facts;
    this.#services = services;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Throws TollgateError `unavailable` when the journal is full. */
  open(): void {
    try {
      this.#services.journal.open(this.facts);
    } catch (cause) {
      if (!(cause instanceof JournalFullError)) throw cause;
      throw new TollgateError('unavailable', { cause, retryAfterMs: 5_000 });
    }
    this.#isOpen = true;
  }

  /** The first call counts, the others give null; one that throws has not closed it. */
  close(result: AttemptResult): AttemptOutcome | null {
    if (!this.#isOpen) return null;
    const outcome = settleAttempt(this.facts, result, this.#services);
    this.#isOpen = false;
    return outcome;
  }
}

/** What is known of an attempt before it is sent. */
export function buildFacts(
  context: RequestContext,
  picked: PickedAccount,
  services: RecordServices,
): AttemptFacts {
  const { key, group } = context.admitted;
  const { scan } = context.parsed;
  const atMs = services.clock.nowMs();
  return {
    attemptId: createId('attempt', atMs),
    requestId: context.request.id,
    nodeId: services.nodeId,
    atMs,
    userId: key.user.id,
    keyId: key.key.id,
    groupId: group.id,
    accountId: picked.account.id,
    protocol: 'messages',
    model: scan.model,
    upstreamModel: picked.upstreamModel,
    stream: scan.stream,
    rateMultiplier: readMultiplier(group),
    subscriptionId: null,
  };
}

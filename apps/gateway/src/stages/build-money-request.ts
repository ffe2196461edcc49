import { estimateInputTokens } from '@tollgate/body';
import {
  encodeFacts,
  type TollgateError,
  ZERO_USD,
  type Clock,
  type NodeId,
  type PicoUsd,
  type PoolSnapshot,
} from '@tollgate/core';
import type { PriceBook } from '@tollgate/pricing';
import type { MoneyRequest } from '@tollgate/store';
import { computeRequestHold } from '../money/compute-request-hold.ts';
import { listPurses } from '../money/list-purses.ts';
import { checkSubscription } from '../money/select-subscription.ts';
import { readMultiplier } from '../read-multiplier.ts';
import type { RequestContext } from '../request-context.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import { buildFacts } from './attempt-record.ts';

export interface MoneyServices {
  nodeId: NodeId;
  snapshots: Snapshots;
  prices: PriceBook;
  clock: Clock;
}

/** The store takes no longer one. */
const NOTE_LENGTH_MAX = 1_024;

/**
 * What the request is paid from, and what it may cost (MON-4); null = nothing is paid and nothing limits it. `holds`
 * false: it costs nothing, and only the purses are looked at (API-5). Exit: 403 for a subscription that is not in
 * force (MON-9).
 */
export function buildMoneyRequest(
  context: RequestContext,
  services: MoneyServices,
  { holds }: { holds: boolean },
): MoneyRequest | TollgateError | null | Promise<MoneyRequest | null> {
  const { key, group } = context.admitted;
  const refusal = checkSubscription(key, group, services.clock.nowMs());
  if (refusal) return refusal;
  const purses = listPurses(key, group);
  if (purses.length === 0) return null;
  if (!holds || readMultiplier(group) === 0n) return { hold: ZERO_USD, purses, note: null };
  const pool = services.snapshots.pools.peek(group.id);
  if (pool !== undefined) return withHold(context, pool, purses, services);
  return services.snapshots.pools.get(group.id).then((loaded) => withHold(context, loaded, purses, services));
}

function withHold(
  context: RequestContext,
  pool: PoolSnapshot | null,
  purses: MoneyRequest['purses'],
  services: MoneyServices,
): MoneyRequest {
  const hold = pool === null ? ZERO_USD : estimateHold(context, pool, services);
  return { hold, purses, note: hold > ZERO_USD ? buildNote(context, services) : null };
}

function estimateHold(
  { admitted, parsed, askedModel: model }: RequestContext,
  pool: PoolSnapshot,
  { prices, clock }: MoneyServices,
): PicoUsd {
  const { body, scan } = parsed;
  const inputTokens = estimateInputTokens({ bodyBytes: body.length, scan });
  const question = { pool, group: admitted.group, model, inputTokens, maxTokens: scan.maxTokens };
  return computeRequestHold(question, prices, clock.nowMs());
}

/**
 * MON-6: the facts of the request's first attempt, for whoever finds the hold of a node that died. The attempt itself
 * will have the same id and moment; its account is not known yet.
 */
function buildNote(context: RequestContext, services: MoneyServices): string {
  const identity = context.planAttempt(services.clock.nowMs());
  const target = { accountId: null, upstreamModel: context.parsed.scan.model };
  const facts = buildFacts(context, identity, target, services);
  const note = encodeFacts(facts);
  if (note.length <= NOTE_LENGTH_MAX) return note;
  return encodeFacts({ ...facts, model: '', upstreamModel: '' });
}

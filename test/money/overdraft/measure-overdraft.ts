import { setTimeout as sleep } from 'node:timers/promises';
import { parseUsd, picoUsd, type PicoUsd } from '@tollgate/core';
import type { PurseName } from '@tollgate/store';
import { waitUntil } from '../../harness/wait-until.ts';
import type { PurseSides } from '../purse-books.ts';
import type { SeenAnswer } from '../read-answer.ts';
import { openCrowdAgent, sendMessage } from '../send-message.ts';
import { buildApiKey, type OverdraftCase, type OverdraftPlan } from './overdraft-plan.ts';
import { buildDearestScript, buildOverdraftBody, type OverdraftSite } from './overdraft-site.ts';

export interface OverdraftResult extends OverdraftCase {
  hold: PicoUsd;
  served: number;
  refused: number;
  /** Neither served nor refused for want of money: nothing here may be. */
  others: string[];
  /** Asked again after "the store is too slow" (LIM-11), as clients do. */
  tooSlow: number;
  /** Clients' own sum. */
  seen: PicoUsd;
  /** What the purse has paid, by Postgres. */
  spent: PicoUsd;
  limit: PicoUsd;
  sides: PurseSides;
  elapsedMs: number;
}

const SHIPPED_WITHIN_MS = 60_000;
/** As long as `Retry-After` asks for. */
const REST_MS = 1_000;

/** All requests of one case at once, spread over the gateways, half of them streamed; then a look at all sides. */
export async function measureOverdraft(
  item: OverdraftCase,
  site: OverdraftSite,
  plan: OverdraftPlan,
  hold: PicoUsd,
): Promise<OverdraftResult> {
  const purse = await site.findPurse(item);
  site.simulator.setScript(() =>
    item.costs === 'hold' ? buildDearestScript(hold, plan) : { delayHeadersMs: plan.latencyMs },
  );
  const startedAtMs = performance.now();
  const { answers, tooSlow } = await sendCrowd(item, site, plan);
  const elapsedMs = performance.now() - startedAtMs;
  const seen = picoUsd(answers.reduce((sum, { cost }) => sum + cost, 0n));
  const limit = parseUsd(plan.limit);
  const selectSpent = ({ books }: PurseSides) => picoUsd(purse.kind === 'balance' ? limit - books : books);
  await waitUntil(
    'all that was answered is booked',
    async () => selectSpent(await site.books.readSides(purse)) >= seen,
    SHIPPED_WITHIN_MS,
  );
  const sides = await readKnownSides(purse, item, site, plan);
  const isRefusal = ({ kind, message }: SeenAnswer) => kind === 'refused' && isForMoney(message);
  return {
    ...item,
    hold,
    served: answers.filter(({ kind }) => kind === 'whole').length,
    refused: answers.filter(isRefusal).length,
    others: answers
      .filter((answer) => answer.kind !== 'whole' && !isRefusal(answer))
      .map(({ kind, message }) => `${kind} ${message}`),
    tooSlow,
    seen,
    spent: selectSpent(sides),
    limit,
    sides,
    elapsedMs,
  };
}

async function sendCrowd(
  { name }: OverdraftCase,
  { gateways }: OverdraftSite,
  plan: OverdraftPlan,
): Promise<{ answers: SeenAnswer[]; tooSlow: number }> {
  const agent = openCrowdAgent();
  let tooSlow = 0;
  const send = async (index: number): Promise<SeenAnswer> => {
    for (;;) {
      const answer = await sendMessage({
        gateway: gateways[index % gateways.length] ?? '',
        key: buildApiKey(name),
        body: buildOverdraftBody(plan, index % 8 < 4),
        agent,
      });
      if (!answer.message.includes('temporarily unavailable')) return answer;
      tooSlow += 1;
      // Spread, so that those who were sent away together do not come back together.
      await sleep(REST_MS * (0.5 + Math.random()));
    }
  };
  const answers = await Promise.all(Array.from({ length: plan.requests }, (_, index) => send(index)));
  agent.destroy();
  return { answers, tooSlow };
}

/** The store may have dropped its figure: then the next who asks has it read, here one that costs nothing. */
async function readKnownSides(
  purse: PurseName,
  { name }: OverdraftCase,
  { books, gateways }: OverdraftSite,
  plan: OverdraftPlan,
): Promise<PurseSides> {
  let sides = await books.readSides(purse);
  await waitUntil('no hold is left, and the store has a figure', async () => {
    if (sides.store === null) await countTokens(gateways[0] ?? '', buildApiKey(name), plan);
    sides = await books.readSides(purse);
    return sides.store !== null && sides.held === 0n;
  }).catch(() => {});
  return sides;
}

async function countTokens(gateway: string, key: string, plan: OverdraftPlan): Promise<void> {
  const answer = await fetch(`${gateway}/v1/messages/count_tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': key },
    body: buildOverdraftBody(plan, false),
  });
  await answer.text();
}

/** In the words of the catalogue: a purse that is used up, or smaller than the request. */
function isForMoney(message: string): boolean {
  return / is used up, or the rest is smaller|smaller than what this request may cost/.test(message);
}

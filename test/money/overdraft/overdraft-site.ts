import type { TollgateClient } from '@tollgate/api';
import type { KeyId, PicoUsd, SubscriptionId, UserId } from '@tollgate/core';
import type { PurseName } from '@tollgate/store';
import { startSimulator, type Script, type Simulator } from '@tollgate/testkit';
import { buildMessage } from '../../harness/client.ts';
import { applyConfig, connectAdmin, prepareFleet, type FleetOptions } from '../../harness/fleet.ts';
import type { TollgateProcess } from '../../harness/tollgate-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { PurseBooks } from '../purse-books.ts';
import { openCrowdAgent, sendMessage } from '../send-message.ts';
import { buildOverdraftConfig } from './build-overdraft-config.ts';
import { buildApiKey, buildEmail, GAUGE, type OverdraftCase, type OverdraftPlan } from './overdraft-plan.ts';

/** claude-sonnet-4-6: what a token of the answer costs, and the dearest that one of the prompt can. */
const OUTPUT = 15_000_000n;
const DEAREST_INPUT = 6_000_000n;
const GAUGE_MS = 1_500;
/**
 * A store that is slower than 250 ms counts as away, and then each node goes by figures of its own (LIM-11): that is
 * another matter, so here such a request is refused, and asked again by its client.
 */
const SITE_ENV = { TOLLGATE_LOG_LEVEL: 'silent', TOLLGATE_DEGRADED_LIMITS: 'closed' };

export interface OverdraftSite {
  gateways: readonly string[];
  simulator: Simulator;
  books: PurseBooks;
  findPurse(item: OverdraftCase): Promise<PurseName>;
  stop(): Promise<void>;
}

/** Real processes, a real Redis and a real Postgres: all users there, all subscriptions assigned. */
export async function startOverdraftSite(
  plan: OverdraftPlan,
  options: FleetOptions = {},
): Promise<OverdraftSite> {
  const simulator = await startSimulator({ recordMax: 1 });
  const fleet = await prepareFleet({ ...options, env: { ...SITE_ENV, ...options.env } });
  const control = await fleet.startControl();
  await applyConfig(fleet, control, buildOverdraftConfig(simulator.url, plan));
  const admin = connectAdmin(control);
  await assignSubscriptions(admin);
  const nodes: TollgateProcess[] = [];
  while (nodes.length < plan.nodes) nodes.push(await fleet.startGateway(`node-${nodes.length}`));
  const books = new PurseBooks(fleet);
  return {
    gateways: nodes.map(({ ready }) => ready['gateway'] ?? ''),
    simulator,
    books,
    findPurse: (item) => findPurse(admin, item),
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await books.close();
      await control.stop();
      await fleet.cleanUp();
      await simulator.stop();
    },
  };
}

async function assignSubscriptions(admin: TollgateClient): Promise<void> {
  const groups = await admin.groups.list.query({ limit: 100 });
  const groupId = groups.items.find(({ name }) => name === 'subscribed')?.id ?? '';
  const users = await admin.users.list.query({ limit: 100 });
  const subscribers = users.items.filter(({ email }) => email.startsWith('subscription-'));
  for (const { id } of subscribers)
    await admin.subscriptions.assign.mutate({ userId: id, groupId, days: 30 });
}

async function findPurse(admin: TollgateClient, { name, purse }: OverdraftCase): Promise<PurseName> {
  const { id } = await admin.users.get.query({ email: buildEmail(name) });
  const userId = id as UserId;
  if (purse === 'balance') return { kind: 'balance', userId };
  if (purse === 'key') {
    const { items } = await admin.keys.list.query({ limit: 200 });
    const key = items.find((item) => item.userId === userId);
    return { kind: 'key', userId, keyId: (key?.id ?? '') as KeyId, window: '1d' };
  }
  const { items } = await admin.subscriptions.list.query({ limit: 100 });
  const subscription = items.find((item) => item.userId === userId);
  return {
    kind: 'subscription',
    userId,
    subscriptionId: (subscription?.id ?? '') as SubscriptionId,
    window: 'day',
  };
}

/** Of one length in bytes, streamed or not, so that all hold the same. */
export function buildOverdraftBody(plan: OverdraftPlan, stream: boolean): string {
  const content = stream ? 'Say hello!!' : 'Say hello!';
  return buildMessage({ stream, max_tokens: plan.maxTokens, messages: [{ role: 'user', content }] });
}

/** What a request holds, seen while one runs; read from the store and worked out nowhere here. */
export async function gaugeHold(site: OverdraftSite, plan: OverdraftPlan): Promise<PicoUsd> {
  const { gateways, simulator, books } = site;
  const agent = openCrowdAgent();
  const holds: PicoUsd[] = [];
  const { userId } = await site.findPurse({ name: GAUGE, purse: 'balance', costs: 'hold' });
  simulator.setScript(() => ({ delayHeadersMs: GAUGE_MS }));
  for (const stream of [true, false]) {
    const body = buildOverdraftBody(plan, stream);
    const running = sendMessage({ gateway: gateways[0] ?? '', key: buildApiKey(GAUGE), body, agent });
    await waitUntil('a hold is there', async () => {
      const { held } = await books.readSides({ kind: 'balance', userId });
      if (held > 0n) holds.push(held);
      return held > 0n;
    });
    await running;
  }
  agent.destroy();
  const [hold, other] = holds;
  if (hold === undefined || hold !== other) throw new Error(`streamed and plain hold ${holds.join(' and ')}`);
  return hold;
}

/** An answer that costs `hold` to the last pico-USD: all of `max_tokens`, and the prompt at its dearest. */
export function buildDearestScript(hold: PicoUsd, { maxTokens, latencyMs }: OverdraftPlan): Script {
  const input = hold - BigInt(maxTokens) * OUTPUT;
  if (input < 0n || input % DEAREST_INPUT !== 0n) throw new Error(`${hold} is no hold of this price list`);
  const tokens = Number(input / DEAREST_INPUT);
  return {
    delayHeadersMs: latencyMs,
    usage: {
      input_tokens: 0,
      cache_creation_input_tokens: tokens,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: tokens },
      output_tokens: maxTokens,
    },
  };
}

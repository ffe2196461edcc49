import { createId } from '@tollgate/core';
import { schema } from '@tollgate/db';
import type { TestApi } from '../testing/start-test-api.ts';
import { seedAlert } from './seed-alert.ts';

/** What must never come out of any procedure: each of these is in the database, in clear, sealed or hashed. */
export const PLANTED = {
  apiKey: 'sk-planted-credential-0123456789',
  accessToken: 'planted-access-token-0123456789',
  refreshToken: 'planted-refresh-token-0123456789',
  proxyPassword: 'planted-proxy-password',
  webhookToken: 'planted-webhook-token-0123456789',
  signSecret: 'planted-sign-secret-0123456789',
} as const;

const AT_MS = Date.UTC(2030, 0, 1);

/** `count` objects of each kind, with everything filled in that links to others. Gives every id and name there is. */
export async function seedEverything(api: TestApi, count: number): Promise<string[]> {
  const known = new Set<string>();
  for (let index = 0; index < count; index += 1) for (const one of await seedOne(api, index)) known.add(one);
  return [...known];
}

async function seedOne(api: TestApi, index: number): Promise<string[]> {
  const { client, db, live } = api;
  const alerts = await seedAlert(api, index, PLANTED);
  const group = await client.groups.create.mutate({ name: `group ${index}`, platform: 'anthropic' });
  const pro = await client.groups.create.mutate({
    name: `pro ${index}`,
    platform: 'anthropic',
    type: 'subscription',
  });
  const user = await client.users.create.mutate({ email: `user${index}@example.com`, rpm: 100 });
  const proxy = await client.proxies.create.mutate({
    name: `proxy ${index}`,
    url: `socks5://proxy-user:${PLANTED.proxyPassword}@proxy.example:1080`,
  });
  const account = await client.accounts.create.mutate({
    name: `account ${index}`,
    platform: 'anthropic',
    kind: index % 2 === 0 ? 'oauth' : 'api-key',
    credentials:
      index % 2 === 0
        ? { access_token: PLANTED.accessToken, refresh_token: PLANTED.refreshToken }
        : { api_key: PLANTED.apiKey },
    proxy: `http://proxy-user:${PLANTED.proxyPassword}@proxy.example:3128`,
    groups: [{ id: group.id }, { id: pro.id, priority: 1 }],
  });
  const key = await client.keys.create.mutate({
    userId: user.id,
    name: `key ${index}`,
    groupIds: [group.id, pro.id],
  });
  await client.overrides.set.mutate({ userId: user.id, groupId: group.id, rpm: 5 });
  await client.balances.adjust.mutate({ userId: user.id, kind: 'top-up', amount: '10' });
  const subscription = await client.subscriptions.assign.mutate({
    userId: user.id,
    groupId: pro.id,
    days: 30,
  });
  const batch = await client.redeem.createBatch.mutate({
    name: `batch ${index}`,
    count: 1,
    worth: { kind: 'balance', amount: '1' },
  });
  live.bindings.push({ name: `binding-${index}`, accountId: account.id as never, endsInMs: 1_000 });
  live.states.push({
    accountId: account.id as never,
    upstreamModel: null,
    kind: 'paused',
    reason: 'a rule',
    sinceMs: AT_MS,
    untilMs: AT_MS + 1,
    isProbing: false,
  });
  const attemptId = createId('attempt', AT_MS + index);
  const requestId = createId('request', AT_MS + index);
  await db.insert(schema.usage).values({
    ...USAGE,
    attemptId,
    requestId,
    at: new Date(AT_MS + index),
    userId: user.id,
    keyId: key.id,
    groupId: group.id,
    accountId: account.id,
  });
  const ids = [
    proxy.id,
    group.id,
    pro.id,
    user.id,
    account.id,
    key.id,
    subscription.subscription.id,
    batch.id,
    attemptId,
    requestId,
    ...alerts,
  ];
  const names = [group.name, user.email, account.name, `binding-${index}`];
  return [
    ...ids,
    ...names,
    `${new Date(AT_MS + index).toISOString()}/${attemptId}`,
    `${user.id}/${group.id}`,
  ];
}

const USAGE = {
  nodeId: 'nod_1',
  protocol: 'messages',
  model: 'claude-a',
  upstreamModel: 'claude-a',
  stream: true,
  status: 200,
  state: 'settled',
  inputTokens: 10,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
  toolPromptTokens: 0,
  webSearchRequests: 0,
  rateMultiplier: '1',
  standardCost: '0.0001',
  actualCost: '0.0001',
  durationMs: 100,
  firstTokenMs: 20,
} as const;

import {
  DEFAULT_DEADLINES,
  DEFAULT_DRAIN_MS,
  DEFAULT_DRAIN_TOKENS,
  DEFAULT_MESSAGES_DISPATCH,
  DEFAULT_QUEUE_TIMEOUT_MS,
  DEFAULT_SESSION_IDLE_MS,
  DEFAULT_WINDOW_COST_RESERVE,
  SNAPSHOT_SCHEMA_VERSION,
  type AccountId,
  type GroupId,
  type KeyId,
  type SubscriptionId,
  type UserId,
} from '@tollgate/core';
import { beforeAll, expect, it } from 'vitest';
import { forEachDatabase } from './testing/for-each-database.ts';
import { hashKey } from './hash-key.ts';
import { createSnapshotSource } from './load-snapshots.ts';
import { openDatabase } from './open-database.ts';
import {
  accountGroups,
  accounts,
  groups,
  keyGroups,
  keys,
  rpmOverrides,
  subscriptions,
  users,
} from './schema/index.ts';
import { openSecret, parseSecretKey, sealSecret } from './seal-secret.ts';

/** Migration defaults of the fields that limits and account choice brought. */
const DISPATCH = { allowed: false, defaultModel: 'gpt-5', families: { opus: 'gpt-5.1' } };
const PLAIN_GROUP = {
  tpm: 0,
  clientRestriction: 'none',
  fallbackGroupId: null,
  invalidRequestFallbackGroupId: null,
  modelRouting: [],
  messagesDispatch: DEFAULT_MESSAGES_DISPATCH,
  modelScopes: null,
  mcpXmlInject: false,
  queueTimeoutMs: DEFAULT_QUEUE_TIMEOUT_MS,
  limitDay: null,
  limitWeek: null,
  limitMonth: null,
  holdMax: null,
  hangUp: 'abort',
  drainMs: DEFAULT_DRAIN_MS,
  drainTokens: DEFAULT_DRAIN_TOKENS,
  imagePrices: { '1k': null, '2k': null, '4k': null },
};
const expiresAt = new Date('2031-02-03T04:05:06.789Z');
const secretKey = parseSecretKey('ab'.repeat(32));

forEachDatabase((database) => {
  beforeAll(async () => {
    const { db } = database;
    await db.insert(users).values([
      {
        id: 'usr_1',
        email: 'ann@example.com',
        role: 'admin',
        balance: '12.000000000001',
        concurrency: 7,
        rpm: 60,
        tpm: 70,
        weight: 5,
        queueMax: 0,
        tokenLimit: 900_000_000_000,
        tokenUsage: 123,
      },
      { id: 'usr_2', email: 'bob@example.com', status: 'disabled', balance: '-0.5' },
    ]);
    await db.insert(groups).values([
      {
        id: 'grp_1',
        name: 'one',
        platform: 'anthropic',
        rateMultiplier: '1.25',
        rpm: 9,
        deadlines: { idleMs: 5 },
      },
      { id: 'grp_3', name: 'three', platform: 'openai' },
      {
        id: 'grp_2',
        name: 'two',
        platform: 'openai',
        status: 'disabled',
        type: 'subscription',
        unpricedModels: 'allow',
        tpm: 80,
        clientRestriction: 'claude-code',
        fallbackGroupId: 'grp_3',
        invalidRequestFallbackGroupId: 'grp_3',
        modelRouting: [{ pattern: 'gpt-*', accountIds: ['acc_1' as AccountId] }],
        messagesDispatch: DISPATCH,
        modelScopes: ['claude'],
        mcpXmlInject: true,
        queueTimeoutMs: 1_500,
        limitDay: '5',
        limitWeek: '20.000000000001',
        limitMonth: '1000000',
        holdMax: '0',
        hangUp: 'drain',
        drainMs: 1,
        drainTokens: 2,
        imagePrice1k: '0.04',
        imagePrice4k: '0',
      },
    ]);
    await db.insert(keys).values([
      {
        id: 'key_1',
        userId: 'usr_1',
        name: 'laptop',
        hash: hashKey('full'),
        prefix: 'sk-…',
        ipAllow: ['10.0.0.0/8', '::1'],
        ipDeny: ['10.1.0.0/16'],
        expiresAt,
        rpm: 11,
        tpm: 12,
        concurrency: 3,
        quota: '1000000',
        limit5h: '0.000000000001',
        limit1d: '7.5',
        limit7d: '30',
        spentTotal: '9.25',
        spent5h: '1.5',
        started5h: expiresAt,
      },
      {
        id: 'key_2',
        userId: 'usr_2',
        name: 'bare',
        hash: hashKey('bare'),
        prefix: 'sk-…',
        status: 'disabled',
      },
    ]);
    await db.insert(keyGroups).values([
      { keyId: 'key_1', groupId: 'grp_1', position: 1 },
      { keyId: 'key_1', groupId: 'grp_2', position: 0 },
    ]);
    await db.insert(rpmOverrides).values([
      { userId: 'usr_1', groupId: 'grp_2', rpm: 0 },
      { userId: 'usr_1', groupId: 'grp_3', rpm: 33 },
      { userId: 'usr_2', groupId: 'grp_1', rpm: 44 },
    ]);
    const period = { startsAt: new Date('2026-01-01'), expiresAt };
    await db.insert(subscriptions).values([
      {
        ...period,
        id: 'sub_1',
        userId: 'usr_1',
        groupId: 'grp_2',
        daySpent: '0.000000000003',
        dayStartedAt: new Date(1_700_000_000_123),
        monthSpent: '12',
        monthStartedAt: new Date(1_700_000_000_000),
      },
      { ...period, id: 'sub_2', userId: 'usr_1', groupId: 'grp_3', status: 'suspended' },
      { ...period, id: 'sub_3', userId: 'usr_1', groupId: 'grp_1', status: 'revoked' },
      { ...period, id: 'sub_4', userId: 'usr_1', groupId: 'grp_1', expiresAt: new Date('2026-01-02') },
      { ...period, id: 'sub_5', userId: 'usr_2', groupId: 'grp_1' },
    ]);
    const account = { platform: 'anthropic', kind: 'api-key', baseUrl: 'https://api.anthropic.com' };
    const sealed = sealSecret('{"api_key":"upstream-secret"}', secretKey, 'acc_1');
    await db.insert(accounts).values([
      {
        ...account,
        id: 'acc_1',
        name: 'first',
        sealedCredentials: sealed,
        expiresAt,
        modelMapping: { 'a*': 'b' },
        sealedProxyUrl: 'v1:proxy',
        proxyShown: 'http://proxy',
        sessionsMax: 4,
        sessionIdleMs: 60_000,
        windowCostLimit: '12345678.000000000001',
        windowCostReserve: '0.5',
        interceptsWarmUps: true,
        passedStatuses: [418],
        pauseRules: [{ status: 529, words: ['busy'], minutes: 3 }],
        pinnedHeaders: { 'user-agent': 'x' },
      },
      {
        ...account,
        id: 'acc_2',
        name: 'second',
        sealedCredentials: 'x',
        concurrency: 0,
        priority: 9,
        status: 'error',
        schedulable: false,
      },
    ]);
    await db.insert(accountGroups).values([
      { accountId: 'acc_1', groupId: 'grp_1', priority: 1 },
      { accountId: 'acc_2', groupId: 'grp_1' },
    ]);
  });

  it('[AUTH-3] a key snapshot holds every field of key, user and groups, in the order of the key', async () => {
    expect(await createSnapshotSource(database.db).loadKey(hashKey('full'))).toEqual({
      schemaVersion: SNAPSHOT_SCHEMA_VERSION,
      key: {
        id: 'key_1',
        name: 'laptop',
        status: 'active',
        ipAllow: ['10.0.0.0/8', '::1'],
        ipDeny: ['10.1.0.0/16'],
        expiresAtMs: expiresAt.getTime(),
        rpm: 11,
        tpm: 12,
        concurrency: 3,
        quota: '1000000000000000000',
        limit5h: '1',
        limit1d: '7500000000000',
        limit7d: '30000000000000',
      },
      user: {
        id: 'usr_1',
        email: 'ann@example.com',
        status: 'active',
        role: 'admin',
        concurrency: 7,
        rpm: 60,
        tpm: 70,
        weight: 5,
        queueMax: 0,
        tokenLimit: 900_000_000_000,
      },
      // Also of groups that the key does not name: a fallback may lead there.
      rpmOverrides: { grp_2: 0, grp_3: 33 },
      subscriptions: {
        grp_2: {
          id: 'sub_1',
          startsAtMs: Date.UTC(2026, 0, 1),
          expiresAtMs: expiresAt.getTime(),
          status: 'active',
        },
        grp_3: {
          id: 'sub_2',
          startsAtMs: Date.UTC(2026, 0, 1),
          expiresAtMs: expiresAt.getTime(),
          status: 'suspended',
        },
      },
      groups: [
        {
          id: 'grp_2',
          name: 'two',
          platform: 'openai',
          status: 'disabled',
          type: 'subscription',
          rateMultiplier: '1',
          rpm: 0,
          tpm: 80,
          clientRestriction: 'claude-code',
          fallbackGroupId: 'grp_3',
          invalidRequestFallbackGroupId: 'grp_3',
          modelRouting: [{ pattern: 'gpt-*', accountIds: ['acc_1'] }],
          messagesDispatch: DISPATCH,
          modelScopes: ['claude'],
          mcpXmlInject: true,
          queueTimeoutMs: 1_500,
          unpricedModels: 'allow',
          limitDay: '5000000000000',
          limitWeek: '20000000000001',
          limitMonth: '1000000000000000000',
          holdMax: '0',
          hangUp: 'drain',
          drainMs: 1,
          drainTokens: 2,
          imagePrices: { '1k': '40000000000', '2k': null, '4k': '0' },
          deadlines: DEFAULT_DEADLINES,
        },
        {
          id: 'grp_1',
          name: 'one',
          platform: 'anthropic',
          status: 'active',
          type: 'standard',
          rateMultiplier: '1.25',
          rpm: 9,
          ...PLAIN_GROUP,
          unpricedModels: 'refuse',
          deadlines: { ...DEFAULT_DEADLINES, idleMs: 5 },
        },
      ],
    });
  });

  it('[AUTH-3] a key with defaults only has no expiry, no lists and no groups', async () => {
    const snapshot = await createSnapshotSource(database.db).loadKey(hashKey('bare'));
    expect(snapshot?.key).toMatchObject({ status: 'disabled', ipAllow: [], ipDeny: [], expiresAtMs: null });
    expect(snapshot?.key.tpm).toBe(0);
    expect(snapshot?.user).toMatchObject({ status: 'disabled', role: 'user', concurrency: 5 });
    expect(snapshot?.user).toMatchObject({ tpm: 0, weight: 1, queueMax: null, tokenLimit: 0 });
    expect(snapshot?.key).toMatchObject({ quota: null, limit5h: null, limit1d: null, limit7d: null });
    expect(snapshot?.rpmOverrides).toEqual({ grp_1: 44 });
    expect(Object.keys(snapshot?.subscriptions ?? {})).toEqual(['grp_1']);
    expect(snapshot?.groups).toEqual([]);
  });

  it('[AUTH-3] is plain JSON', async () => {
    const snapshot = await createSnapshotSource(database.db).loadKey(hashKey('full'));
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  });

  it('[SEL-6] a fallback group comes alone, as a key would have it', async () => {
    const source = createSnapshotSource(database.db);
    const key = await source.loadKey(hashKey('full'));
    expect(await source.loadGroup('grp_2' as GroupId)).toEqual(key?.groups[0]);
    expect(await source.loadGroup('grp_3' as GroupId)).toMatchObject({ name: 'three', ...PLAIN_GROUP });
    expect(await source.loadGroup('grp_none' as GroupId)).toBeNull();
  });

  it.each(['', "' or 1=1 --", 'ünknown', hashKey('other')])(
    'an unknown key hash %j gives null',
    async (hash) => {
      expect(await createSnapshotSource(database.db).loadKey(hash)).toBeNull();
    },
  );

  it('[ACC-1] a pool has the accounts with the priority of their link, and sealed credentials', async () => {
    const pool = await createSnapshotSource(database.db).loadPool('grp_1' as GroupId);
    expect(pool).toMatchObject({ schemaVersion: SNAPSHOT_SCHEMA_VERSION, groupId: 'grp_1' });
    const [first, second] = pool.accounts;
    expect(first).toEqual({
      id: 'acc_1',
      name: 'first',
      platform: 'anthropic',
      kind: 'api-key',
      baseUrl: 'https://api.anthropic.com',
      upstreamProtocol: null,
      project: null,
      sealedCredentials: expect.stringMatching(/^v1:/),
      concurrency: 3,
      priority: 1,
      status: 'active',
      schedulable: true,
      expiresAtMs: expiresAt.getTime(),
      modelMapping: { 'a*': 'b' },
      sealedProxyUrl: 'v1:proxy',
      sessionsMax: 4,
      sessionIdleMs: 60_000,
      windowCostLimit: '12345678000000000001',
      windowCostReserve: '500000000000',
      interceptsWarmUps: true,
      passedStatuses: [418],
      pauseRules: [{ status: 529, words: ['busy'], minutes: 3 }],
      pinnedHeaders: { 'user-agent': 'x' },
    });
    expect(second).toMatchObject({
      priority: 9,
      concurrency: 0,
      status: 'error',
      schedulable: false,
      expiresAtMs: null,
      sealedProxyUrl: null,
      sessionsMax: 0,
      sessionIdleMs: DEFAULT_SESSION_IDLE_MS,
      windowCostLimit: null,
      windowCostReserve: DEFAULT_WINDOW_COST_RESERVE,
      interceptsWarmUps: false,
      passedStatuses: null,
      pauseRules: [],
      pinnedHeaders: {},
    });
    expect(openSecret(first!.sealedCredentials, secretKey, 'acc_1')).toContain('upstream-secret');
  });

  it('[ACC-1] no table holds the secret in clear', async () => {
    const [row] = await database.db.sql`select string_agg(a::text, ' ') as all from accounts a`;
    expect(row?.['all']).toContain('v1:');
    expect(row?.['all']).not.toContain('upstream-secret');
  });

  it('an unknown group gives an empty pool', async () => {
    const pool = await createSnapshotSource(database.db).loadPool('grp_none' as GroupId);
    expect(pool.accounts).toEqual([]);
  });

  it('[MON-1] purses are exact to the last of twelve decimals; who is gone has nothing', async () => {
    const source = createSnapshotSource(database.db);
    const load = (userId: string, keyId: string, subscriptionId: string | null) =>
      source.loadPurses(userId as UserId, keyId as KeyId, subscriptionId as SubscriptionId | null);
    const unused = { spent: 0n, startMs: null };
    const nothing = { total: unused, '5h': unused, '1d': unused, '7d': unused };
    const purses = {
      balance: 12_000_000_000_001n,
      key: {
        ...nothing,
        total: { spent: 9_250_000_000_000n, startMs: null },
        '5h': { spent: 1_500_000_000_000n, startMs: expiresAt.getTime() },
      },
      subscription: null,
    };
    expect(await load('usr_1', 'key_1', null)).toEqual(purses);
    expect(await load('usr_1', 'key_1', 'sub_1')).toEqual({
      ...purses,
      subscription: {
        day: { spent: 3n, startMs: 1_700_000_000_123 },
        week: unused,
        month: { spent: 12_000_000_000_000n, startMs: 1_700_000_000_000 },
      },
    });
    expect(await load('usr_2', 'key_none', 'sub_none')).toEqual({
      balance: -500_000_000_000n,
      key: nothing,
      subscription: null,
    });
    // A key or a subscription of somebody else is nobody's.
    expect(await load('usr_2', 'key_1', 'sub_1')).toMatchObject({ key: nothing, subscription: null });
    expect(await load('usr_none', 'key_1', 'sub_1')).toEqual({
      balance: 0n,
      key: nothing,
      subscription: null,
    });
  });
});

it('[AUTH-5] a database that is away rejects: it never says that a key is unknown', async () => {
  const db = openDatabase('postgres://postgres@127.0.0.1:1/postgres', { max: 1 });
  await expect(createSnapshotSource(db).loadKey(hashKey('full'))).rejects.toThrow(/ECONNREFUSED/);
  await db.close();
});

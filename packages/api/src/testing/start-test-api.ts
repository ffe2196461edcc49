import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { buildAddressList } from '@tollgate/config';
import { createId, systemClock, type Clock, type Invalidation, type Logger } from '@tollgate/core';
import {
  createOutboxDispatcher,
  hashKey,
  openDatabase,
  parseSecretKey,
  schema,
  type Database,
} from '@tollgate/db';
import { createTestDatabase } from '@tollgate/testkit';
import { asc } from 'drizzle-orm';
import { createTollgateClient, type TollgateClient } from '../client.ts';
import type { AccountTester } from '../accounts/account-tester.ts';
import { WAIT_HEADER } from '../changes/change-notes.ts';
import { ChangeWatch } from '../changes/change-watch.ts';
import { createApiContext, type ApiServices, type ProxyUrl } from '../base/context.ts';
import { appRouter } from '../router.ts';
import { createPasswordHasher } from '../sign-in/password-hasher.ts';
import { readWebRequest } from '../web/web-request.ts';
import { MemoryLiveStore } from './memory-live-store.ts';

/** The API on a real HTTP server and a real database, for tests. */
export interface TestApi {
  url: string;
  db: Database;
  services: ApiServices;
  /** What the procedures see as the nodes' shared state. */
  live: MemoryLiveStore;
  /** Stands for the upstreams: what an account test comes to. */
  tester: { run: AccountTester };
  client: TollgateClient;
  /** Every statement that the database was sent. */
  statements: string[];
  /** What the nodes were told, in order. */
  published: Invalidation[];
  /** Everything that was logged, as text. */
  logged: string[];
  /** null = the store is there; else publishing fails with it. */
  fault: { publish: Error | null };
  connect(token?: string): TollgateClient;
  addToken(token: string, expiresAt?: Date): Promise<string>;
  readAudit(): Promise<(typeof schema.audit.$inferSelect)[]>;
  readOutbox(): Promise<Invalidation[]>;
  stop(): Promise<void>;
}

/** So that a test may come from any address. */
const TRUSTED = buildAddressList(['127.0.0.0/8']);

export const ADMIN_TOKEN = 'tga_test_0123456789abcdef';

export async function startTestApi(
  postgresUrl: string,
  { clock = systemClock, hasLive = true }: { clock?: Clock; hasLive?: boolean } = {},
): Promise<TestApi> {
  const database = await createTestDatabase(postgresUrl);
  const statements: string[] = [];
  const db = openDatabase(database.url, { max: 8, onStatement: (text) => void statements.push(text) });
  const published: Invalidation[] = [];
  const logged: string[] = [];
  const fault: TestApi['fault'] = { publish: null };
  const publish = async (invalidations: readonly Invalidation[]) => {
    if (fault.publish) throw fault.publish;
    published.push(...invalidations);
    live.number += invalidations.length > 0 ? 1 : 0;
    return live.number;
  };
  const live = new MemoryLiveStore();
  const logger = createRecordingLogger(logged);
  const dispatcher = createOutboxDispatcher({ db, publish, intervalMs: 60_000, logger });
  const tester: TestApi['tester'] = { run: runNoTest };
  const services: ApiServices = {
    db,
    logger,
    clock,
    secretKey: parseSecretKey(randomBytes(32).toString('base64')),
    version: '9.9.9',
    settingDefaults: { usageMonthsKept: null, decisionDaysKept: 14, alertDaysKept: 90 },
    testAccount: (target, signal) => tester.run(target, signal),
    signIn: {
      passwords: createPasswordHasher({ cost: { memoryKib: 64, passes: 1, lanes: 1 } }),
      idleMs: 3_600_000,
      lifeMs: 86_400_000,
      publicUrl: null,
    },
    checkUpstreamUrl: checkTestUrl,
    checkProxyUrl: checkTestProxyUrl,
    checkWebhookUrl: async (text) => ({ href: await checkTestUrl(text), host: new URL(text).host }),
    live: hasLive ? live : null,
    windowShape: 'sliding',
    changeWatch: hasLive ? new ChangeWatch(live, clock) : null,
    afterCommit: (rowIds) => dispatcher.push(rowIds),
  };
  const server = createServer(buildTestHandler(services));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connect = (token?: string) => createTollgateClient(token === undefined ? { url } : { url, token });
  const addToken = async (token: string, expiresAt?: Date) => {
    const id = createId('adminToken', clock.nowMs());
    await db.insert(schema.adminTokens).values({ id, name: 'test', hash: hashKey(token), expiresAt });
    return id;
  };
  await addToken(ADMIN_TOKEN);
  return {
    url,
    db,
    services,
    live,
    tester,
    statements,
    client: connect(ADMIN_TOKEN),
    published,
    logged,
    fault,
    connect,
    addToken,
    readAudit: () => db.select().from(schema.audit).orderBy(asc(schema.audit.id)),
    async readOutbox() {
      const rows = await db.select().from(schema.outbox).orderBy(asc(schema.outbox.id));
      return rows.map((row) => row.invalidation);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await dispatcher.stop();
      await db.close();
      await database.drop();
    },
  };
}

/** The API as a request listener. */
export function buildTestHandler(services: ApiServices) {
  return createHTTPHandler({
    router: appRouter,
    basePath: '/trpc/',
    createContext: async ({ req, res }) =>
      createApiContext({
        services,
        web: readWebRequest(req, res, { trustedProxies: TRUSTED, publicUrl: null }),
        requestId: createId('request', services.clock.nowMs()),
        authorization: req.headers.authorization,
        waitHeader: req.headers[WAIT_HEADER]?.toString(),
      }),
    responseMeta: ({ ctx }) => ({ headers: ctx?.changes.buildHeaders() ?? {} }),
  });
}

async function* runNoTest(): ReturnType<AccountTester> {
  yield { step: 'resolve', outcome: 'ok', ms: 1, detail: '' };
}

/** Stands for the outbound guard: https only, no trailing slash. */
async function checkTestUrl(text: string): Promise<string> {
  if (!text.startsWith('https://')) throw new Error('must begin with https://');
  return text.replace(/\/+$/, '');
}

/** Stands for the outbound guard: a scheme, and what is before `@` is not shown. */
async function checkTestProxyUrl(text: string): Promise<ProxyUrl> {
  const [, scheme, rest = ''] = /^(https?|socks5):\/\/(.+?)\/?$/.exec(text) ?? [];
  if (scheme === undefined) throw new Error('must begin with http://, https:// or socks5://');
  return { href: `${scheme}://${rest}`, shown: `${scheme}://${rest.split('@').at(-1)}` };
}

function createRecordingLogger(lines: string[]): Logger {
  const write = (detail: object, message: string) => void lines.push(`${message} ${JSON.stringify(detail)}`);
  return { debug: write, info: write, warn: write, error: write };
}

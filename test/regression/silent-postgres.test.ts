import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { BASE_ENV } from '../harness/fleet.ts';
import { startTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts';
import { startTollgate, type TollgateProcess } from '../harness/tollgate-process.ts';

/**
 * A Postgres whose host has frozen takes connections and never answers, and never confirms their end. Requests
 * waited for it without bound, and so did the process that was asked to stop.
 */
describe('a Postgres that is silent', () => {
  let folder: string;
  let silent: TcpProxy;
  let node: TollgateProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-silent-'));
    const database = new URL(inject('postgresUrl'));
    silent = await startTcpProxy(Number(database.port));
    node = await startTollgate(['gateway', '--gateway-port', '0', '--data-dir', folder], {
      ...BASE_ENV,
      TOLLGATE_LOG_LEVEL: 'silent',
      DATABASE_URL: Object.assign(database, { port: String(silent.port) }).href,
      REDIS_URL: inject('redisUrl'),
      TOLLGATE_REDIS_PREFIX: `silent${randomBytes(6).toString('hex')}:`,
    });
    // Opens a connection: this database has no tables, so nobody can tell who the key is.
    expect((await askUnknown()).status).toBe(503);
    silent.swallow();
  });
  afterAll(async () => {
    await node.kill();
    await silent.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const askUnknown = (): Promise<Response> =>
    postMessages(
      node.ready['gateway'] ?? '',
      buildMessage(),
      { 'x-api-key': 'sk-unknown-0123456789abcdef' },
      { signal: AbortSignal.timeout(8_000) },
    );

  it('[LIM-11] [AUTH-5] a key that no cache knows hears 503, not 401, and not nothing', async () => {
    const answer = await askUnknown();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('[OPS-11] SIGTERM ends the process though its connections never close', async () => {
    expect(await node.stop()).toBe(0);
  });
});

/** Its look at the outbox hangs with the database; the stop waited for that look to end. */
describe('a control plane whose Postgres is silent', () => {
  it('[OPS-11] SIGTERM ends it', async () => {
    const database = await createTestDatabase(inject('postgresUrl'));
    const url = new URL(database.url);
    const silent = await startTcpProxy(Number(url.port));
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-silent-'));
    const control = await startTollgate(['control', '--control-port', '0', '--data-dir', folder], {
      ...BASE_ENV,
      TOLLGATE_LOG_LEVEL: 'silent',
      DATABASE_URL: Object.assign(url, { port: String(silent.port) }).href,
      REDIS_URL: inject('redisUrl'),
      TOLLGATE_REDIS_PREFIX: `silent${randomBytes(6).toString('hex')}:`,
    });
    silent.swallow();
    // The next look begins within a second, and does not come back.
    await sleep(1_500);
    expect(await control.stop()).toBe(0);
    await silent.stop();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });
});

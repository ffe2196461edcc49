import { openDatabase, type Database } from '@tollgate/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts';

/** What a request waits for the database. */
const REQUEST_WAITS_MS = 2_000;
const CONNECTIONS = 10;

/**
 * The driver tries a connection that failed again later and later, up to 20 s, and gives statements to it all the
 * same: for so long after the database had come back, requests that needed it heard 503.
 */
describe('a database that was away', () => {
  let proxy: TcpProxy;
  let db: Database;

  beforeAll(async () => {
    const url = new URL(inject('postgresUrl'));
    proxy = await startTcpProxy(Number(url.port));
    db = openDatabase(Object.assign(url, { port: String(proxy.port) }).href, { max: CONNECTIONS });
  });
  afterAll(async () => {
    await db.close();
    await proxy.stop();
  });

  const ask = () => db.sql`select 1`.then(() => 'answered');

  it('[LIM-11] answers all who ask once it is back, while they still wait', async () => {
    proxy.cut();
    for (let round = 0; round < 2; round += 1) {
      const asks = await Promise.allSettled(Array.from({ length: CONNECTIONS }, ask));
      expect(new Set(asks.map(({ status }) => status))).toEqual(new Set(['rejected']));
    }
    proxy.heal();
    const startMs = performance.now();
    expect(new Set(await Promise.all(Array.from({ length: CONNECTIONS }, ask)))).toEqual(
      new Set(['answered']),
    );
    expect(performance.now() - startMs).toBeLessThan(REQUEST_WAITS_MS);
  });
});

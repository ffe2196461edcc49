import { createTestDatabase } from './create-test-database.ts';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { startEmbeddedPostgres } from '../embedded/start-embedded-postgres.ts';
import { migrate } from '../migrate.ts';
import { openDatabase, type Database } from '../open-database.ts';

export interface DatabaseUnderTest {
  readonly db: Database;
  /** A second pool on the same database. */
  open(): Database;
}

/** Runs a suite against a real Postgres and against the embedded one: one contract, two servers. */
export function forEachDatabase(suite: (database: DatabaseUnderTest) => void): void {
  describe.each([
    { name: 'postgres', start: startOnServer },
    { name: 'embedded', start: startEmbedded },
  ])('$name', ({ start }) => {
    const closers: (() => Promise<void>)[] = [];
    let url = '';
    let db: Database;
    const open = (): Database => {
      const opened = openDatabase(url);
      closers.push(() => opened.close());
      return opened;
    };
    beforeAll(async () => {
      const server = await start();
      closers.push(server.stop);
      url = server.url;
      db = open();
      await migrate(db);
    });
    afterAll(async () => {
      for (const close of closers.toReversed()) await close();
    });
    suite({
      get db() {
        return db;
      },
      open,
    });
  });
}

async function startOnServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const { url, drop } = await createTestDatabase(inject('postgresUrl'));
  return { url, stop: drop };
}

async function startEmbedded(): Promise<{ url: string; stop: () => Promise<void> }> {
  const { url, stop } = await startEmbeddedPostgres();
  return { url, stop };
}

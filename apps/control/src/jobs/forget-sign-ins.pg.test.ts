import { silentLogger } from '@tollgate/core';
import { openDatabase } from '@tollgate/db';
import { createTestDatabase } from '@tollgate/testkit';
import { expect, inject, it } from 'vitest';
import { createSignInJob } from './forget-sign-ins.ts';

it('[CTL-2] forgets links that have ended, keeps the others, and survives a database that is gone', async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const db = openDatabase(database.url, { max: 2 });
  const warned: string[] = [];
  const logger = { ...silentLogger, warn: (_detail: object, message: string) => void warned.push(message) };
  const job = createSignInJob({ db, logger });
  await db.sql`
    insert into set_up_links (id, hash, created_by, expires_at) values
      ('sul_1', 'a', 'system', now() - interval '1 s'), ('sul_2', 'b', 'system', now() + interval '1 h')`;
  await Promise.all([job.run(), createSignInJob({ db, logger }).run()]);
  expect(await db.sql`select id from set_up_links`).toEqual([{ id: 'sul_2' }]);
  await db.close();
  await job.run();
  expect(warned).toEqual(['ended sessions wait for the next round']);
  await job.stop();
  await database.drop();
});

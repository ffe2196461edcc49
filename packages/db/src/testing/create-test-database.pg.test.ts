import { expect, inject, it } from 'vitest';
import { readMigrations } from '../migrate.ts';
import { openDatabase } from '../open-database.ts';
import { createTestDatabase } from './create-test-database.ts';

async function readMigrationNames(url: string): Promise<string[]> {
  const db = openDatabase(url, { max: 1 });
  const rows = await db.sql<{ name: string }[]>`select name from tollgate_migrations order by name`;
  await db.close();
  return rows.map((row) => row.name);
}

it('gives migrated databases of their own to four callers at once', async () => {
  const url = inject('postgresUrl');
  const databases = await Promise.all(Array.from({ length: 4 }, () => createTestDatabase(url)));
  expect(new Set(databases.map((database) => database.url)).size).toBe(4);
  const expected = readMigrations().map((migration) => migration.name);
  for (const database of databases) expect(await readMigrationNames(database.url)).toEqual(expected);
  await Promise.all(databases.map((database) => database.drop()));
});

it('drop removes a database that still has connections', async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const open = openDatabase(database.url, { max: 1 });
  await open.sql`select 1`;
  await database.drop();
  await expect(open.sql`select 1`).rejects.toThrow(/terminat|not exist|closed|CONNECTION/i);
  await open.close();
  await expect(readMigrationNames(database.url)).rejects.toThrow(/does not exist/);
});

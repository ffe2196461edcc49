import { createTestDatabase, type TestDatabase } from './testing/create-test-database.ts';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { afterEach, expect, inject, it } from 'vitest';
import { migrate, MigrationError, type Migration } from './migrate.ts';
import { openDatabase, type Database } from './open-database.ts';
import * as schema from './schema/index.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** `count` pools, as of so many processes, on one database without any table. */
async function openEmpty(count = 1): Promise<Database[]> {
  const database: TestDatabase = await createTestDatabase(inject('postgresUrl'));
  closers.push(() => database.drop());
  const pools = Array.from({ length: count }, () => openDatabase(database.url, { max: 2 }));
  for (const db of pools) closers.push(() => db.close());
  await pools[0]!.sql`drop schema public cascade`;
  await pools[0]!.sql`create schema public`;
  return pools;
}

const first: Migration = {
  name: '0001-a',
  sql: 'create table a (n int); create table b (n int)',
  checksum: '1',
};
const second: Migration = { name: '0002-b', sql: 'insert into a values (1)', checksum: '2' };

it('three processes at once apply each migration once', async () => {
  const pools = await openEmpty(3);
  const applied = await Promise.all(pools.map((db) => migrate(db, [first, second])));
  expect(applied.flat().toSorted()).toEqual(['0001-a', '0002-b']);
  expect(await pools[0]!.sql`select n from a`).toEqual([{ n: 1 }]);
  expect(await migrate(pools[1]!, [first, second])).toEqual([]);
});

it('a migration that fails leaves the version before it, and goes on once it is mended', async () => {
  const [db] = await openEmpty();
  const broken = { ...second, sql: 'insert into a values (1); insert into nowhere values (1)' };
  await expect(migrate(db!, [first, broken])).rejects.toThrow(/nowhere/);
  expect(await db!.sql`select n from a`).toEqual([]);
  expect(await migrate(db!, [first, second])).toEqual(['0002-b']);
});

it.each([
  ['was edited', [{ ...first, checksum: 'x' }, second], /0001-a was edited after it was applied/],
  ['is missing here', [first], /newer than this program: it has migration 0002-b/],
  ['comes late', [first, { ...first, name: '0001-b' }, second], /0001-b comes before 0002-b/],
])('refuses when an applied migration %s', async (_, migrations, message) => {
  const [db] = await openEmpty();
  await migrate(db!, [first, second]);
  await expect(migrate(db!, migrations)).rejects.toThrow(message);
  await expect(migrate(db!, migrations)).rejects.toBeInstanceOf(MigrationError);
});

/** All that the catalogue knows of tables, columns, defaults, constraints and indexes; drizzle has no word for partitions. */
async function describeTables(db: Database): Promise<unknown> {
  const columns = await db.sql`
    select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull,
      pg_get_expr(d.adbin, d.adrelid) as default
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0
      and c.relname <> 'tollgate_migrations'
    order by c.relname, a.attname`;
  const constraints = await db.sql`
    select conrelid::regclass::text as table, conname, pg_get_constraintdef(pg_constraint.oid) as definition
    from pg_constraint join pg_class c on c.oid = conrelid where connamespace = 'public'::regnamespace
      and not c.relispartition and c.relname <> 'tollgate_migrations' order by 1, 2`;
  const indexes = await db.sql`
    select indexname, replace(indexdef, ' ON ONLY ', ' ON ') as indexdef from pg_indexes
    join pg_class c on c.oid = format('%I.%I', schemaname, tablename)::regclass
    where schemaname = 'public' and not c.relispartition and tablename <> 'tollgate_migrations' order by 1`;
  return { columns: [...columns], constraints: [...constraints], indexes: [...indexes] };
}

it('the migrated database is the one that the schema describes', async () => {
  const [migrated] = await openEmpty();
  const [described] = await openEmpty();
  await migrate(migrated!);
  const statements = await generateMigration(generateDrizzleJson({}), generateDrizzleJson(schema));
  for (const statement of statements) await described!.sql.unsafe(statement);
  expect(await describeTables(migrated!)).toEqual(await describeTables(described!));
});

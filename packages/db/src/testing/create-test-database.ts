import { createHash, randomBytes } from 'node:crypto';
import { migrate, readMigrations } from '../migrate.ts';
import { openDatabase, type Database } from '../open-database.ts';

export interface TestDatabase {
  /** Of a migrated, empty database that nobody else uses. */
  url: string;
  /** Removes it, together with connections that are still open. */
  drop(): Promise<void>;
}

/** Any number that nothing else locks in the maintenance database. */
const LOCK_ID = 5_018_337_201;

/**
 * A database for one test file: a copy of a migrated template, which is made once for each set of migrations
 * (a changed migration has another template). Safe with any number of test workers on one server.
 */
export async function createTestDatabase(maintenanceUrl: string): Promise<TestDatabase> {
  const name = `tollgate_test_${randomBytes(6).toString('hex')}`;
  const maintenance = openDatabase(maintenanceUrl, { max: 1 });
  try {
    await maintenance.sql`select pg_advisory_lock(${LOCK_ID})`;
    const template = await ensureTemplate(maintenance, maintenanceUrl);
    await maintenance.sql.unsafe(`create database ${name} template ${template}`);
  } finally {
    // The lock ends with the connection.
    await maintenance.close();
  }
  return { url: buildUrl(maintenanceUrl, name), drop: () => dropDatabase(maintenanceUrl, name) };
}

/** Built under another name and renamed when it is whole, so that a killed test run leaves no half template. */
async function ensureTemplate(maintenance: Database, maintenanceUrl: string): Promise<string> {
  const name = buildTemplateName();
  const found = await maintenance.sql`select 1 from pg_database where datname = ${name}`;
  if (found.length > 0) return name;
  const draft = `${name}_draft`;
  await maintenance.sql.unsafe(`drop database if exists ${draft} with (force)`);
  await maintenance.sql.unsafe(`create database ${draft}`);
  const db = openDatabase(buildUrl(maintenanceUrl, draft), { max: 1 });
  try {
    await migrate(db);
  } finally {
    await db.close();
  }
  await maintenance.sql.unsafe(`alter database ${draft} rename to ${name}`);
  return name;
}

function buildTemplateName(): string {
  const hash = createHash('sha256');
  for (const { name, checksum } of readMigrations()) hash.update(`${name} ${checksum}\n`);
  return `tollgate_template_${hash.digest('hex').slice(0, 16)}`;
}

async function dropDatabase(maintenanceUrl: string, name: string): Promise<void> {
  const maintenance = openDatabase(maintenanceUrl, { max: 1 });
  try {
    await maintenance.sql.unsafe(`drop database if exists ${name} with (force)`);
  } finally {
    await maintenance.close();
  }
}

function buildUrl(maintenanceUrl: string, name: string): string {
  const url = new URL(maintenanceUrl);
  url.pathname = `/${name}`;
  return url.href;
}

import { readMigrations, type Database } from '@tollgate/db';
import { describeFailure } from '../describe-failure.ts';
import { failure, ok, warning, type Check, type DoctorSite, type Look } from './finding.ts';
import { withDatabase } from './with-database.ts';

const VERSION_MIN = 140_000;

/** SQLSTATE or socket error → what to do. */
const MENDS: Readonly<Record<string, string>> = {
  '28P01': 'mend user and password in DATABASE_URL, or the password in Postgres: alter role … password …',
  '28000': 'let the user in: pg_hba.conf of Postgres, or another user in DATABASE_URL',
  '3D000': 'make the database: createdb NAME, or mend its name in DATABASE_URL',
  '53300': 'raise max_connections of Postgres, or run fewer processes',
  ECONNREFUSED: 'start Postgres, or mend host and port in DATABASE_URL',
  ENOTFOUND: 'mend the host name in DATABASE_URL',
};

/** Postgres: there, new enough, migrated, and allowed to do what is done. */
export const checkPostgres: Check = {
  name: 'postgres',
  run: async ({ databaseUrl }: DoctorSite) => {
    if (databaseUrl === null) return [ok('embedded: DATABASE_URL is not set, so `up` runs its own')];
    try {
      return await withDatabase(databaseUrl, look);
    } catch (fault) {
      const code = readCode(fault);
      return [failure(describeCause(fault), MENDS[code] ?? 'mend DATABASE_URL, and see the log of Postgres')];
    }
  },
};

async function look(db: Database): Promise<Look[]> {
  const [server] = await db.sql<
    { version: string; number: number; can_create: boolean; is_standby: boolean }[]
  >`
    select current_setting('server_version') as version,
      current_setting('server_version_num')::int as number,
      has_schema_privilege(current_user, current_schema(), 'create') as can_create,
      pg_is_in_recovery() as is_standby`;
  if (!server) return [failure('Postgres gives no version', 'is this a Postgres?')];
  const looks: Look[] =
    server.number >= VERSION_MIN
      ? [ok(`Postgres ${server.version}`)]
      : [failure(`Postgres ${server.version} is too old: 14 is needed`, 'upgrade Postgres')];
  if (server.is_standby) {
    looks.push(
      failure('this server is a standby: nothing can be written', 'point DATABASE_URL at the primary'),
    );
  }
  if (!server.can_create) {
    const mend = 'grant create, usage on schema public to the user of DATABASE_URL (migrations make tables)';
    looks.push(failure('the user may not make tables', mend));
  }
  return [...looks, ...(await lookAtMigrations(db)), ...(await lookAtPrivileges(db))];
}

async function lookAtMigrations(db: Database): Promise<Look[]> {
  const known = readMigrations().map(({ name }) => name);
  const done = await listApplied(db);
  const missing = known.filter((name) => !done.includes(name));
  const strange = done.filter((name) => !known.includes(name));
  if (strange.length > 0) {
    const message = `the database is newer than this program: it has migration ${strange[0]}`;
    return [failure(message, 'update the program')];
  }
  if (missing.length === 0) return [ok(`all ${known.length} migrations are applied`)];
  const mend = 'run `tollgate migrate` (`control` and `up` do it at their start)';
  return [failure(`${missing.length} of ${known.length} migrations are missing`, mend)];
}

async function listApplied(db: Database): Promise<string[]> {
  const [table] = await db.sql`select to_regclass('tollgate_migrations') as name`;
  if (table?.['name'] === null) return [];
  const rows = await db.sql<{ name: string }[]>`select name from tollgate_migrations order by name`;
  return rows.map(({ name }) => name);
}

/** What is written all the time. */
async function lookAtPrivileges(db: Database): Promise<Look[]> {
  const rows = await db.sql<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = current_schema()
      and not (has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'select')
        and has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'insert'))
    order by 1`;
  if (rows.length === 0) return [];
  const names = rows.map(({ name }) => name).slice(0, 5);
  const mend =
    'give the tables to the user of DATABASE_URL, or grant all on all tables in schema public to it';
  return [warning(`the user may not read or write ${names.join(', ')}`, mend)];
}

function readCode(fault: unknown): string {
  return fault instanceof Error && 'code' in fault ? String(fault.code) : '';
}

/** drizzle wraps what the server said. */
function describeCause(fault: unknown): string {
  return describeFailure(fault instanceof Error && fault.cause instanceof Error ? fault.cause : fault);
}

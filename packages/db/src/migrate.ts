import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type postgres from 'postgres';
import type { Database } from './open-database.ts';

export interface Migration {
  /** File name without `.sql`: four digits, then words. */
  name: string;
  sql: string;
  /** SHA-256 of the text, hex. */
  checksum: string;
}

/** The database and this program do not fit together; the message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Any number that other programs on the same server are unlikely to lock. */
const LOCK_ID = 7_463_201_118;

/** All migrations of this version of the program, oldest first. */
export function readMigrations(folder = join(import.meta.dirname, 'migrations')): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .toSorted()
    .map((file) => {
      // A checkout with CRLF line ends is the same migration.
      const sql = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
      return {
        name: file.slice(0, -'.sql'.length),
        sql,
        checksum: createHash('sha256').update(sql).digest('hex'),
      };
    });
}

/**
 * Brings the database to the version of this program: applies what is missing, in order, each migration in a
 * transaction of its own under one lock, so that any number of processes may start at once and a killed one
 * leaves a whole version behind. Returns the names that this call applied. Throws MigrationError when an
 * applied migration was edited or the database is newer than the program.
 */
export async function migrate(
  db: Database,
  migrations: readonly Migration[] = readMigrations(),
): Promise<string[]> {
  const applied: string[] = [];
  for (;;) {
    const name = await db.sql.begin((tx) => applyNext(tx, migrations));
    if (name === null) return applied;
    applied.push(name);
  }
}

/**
 * The lock belongs to the transaction, not to the session: the embedded Postgres has one session for all its
 * connections, where a session lock would keep nobody out.
 */
async function applyNext(
  tx: postgres.TransactionSql,
  migrations: readonly Migration[],
): Promise<string | null> {
  await tx`select pg_advisory_xact_lock(${LOCK_ID})`;
  await tx`create table if not exists tollgate_migrations (
    name text primary key, checksum text not null, applied_at timestamptz not null default now())`;
  const done = await tx<{ name: string; checksum: string }[]>`
    select name, checksum from tollgate_migrations order by name collate "C"`;
  const next = selectNext(migrations, done);
  if (!next) return null;
  await tx.unsafe(next.sql);
  await tx`insert into tollgate_migrations (name, checksum) values (${next.name}, ${next.checksum})`;
  return next.name;
}

/** The first migration that is not applied; undefined = none is missing. */
function selectNext(
  migrations: readonly Migration[],
  done: readonly { name: string; checksum: string }[],
): Migration | undefined {
  for (const [position, { name, checksum }] of done.entries()) {
    const known = migrations[position];
    if (!migrations.some((migration) => migration.name === name)) {
      throw new MigrationError(
        `the database is newer than this program: it has migration ${name}; update the program`,
      );
    }
    if (known?.name !== name) {
      throw new MigrationError(
        `migration ${known?.name} comes before ${name}, which is applied already: rename it`,
      );
    }
    if (known.checksum !== checksum) {
      throw new MigrationError(
        `migration ${name} was edited after it was applied: restore it and add a new one`,
      );
    }
  }
  return migrations[done.length];
}

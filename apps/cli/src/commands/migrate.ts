import { migrate, openDatabase } from '@tollgate/db';
import type { Command } from 'commander';
import { UsageError } from '../usage-error.ts';

export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description('Bring the database up to this version.')
    .option('--database-url <url>', 'Postgres (DATABASE_URL)')
    .action(runMigrate);
}

async function runMigrate(flags: { databaseUrl?: string }): Promise<void> {
  const url = flags.databaseUrl ?? process.env['DATABASE_URL'];
  if (!url) throw new UsageError('no database: give --database-url or set DATABASE_URL');
  const db = openDatabase(url, { max: 1, applicationName: 'tollgate migrate' });
  try {
    await migrate(db);
  } finally {
    await db.close();
  }
  console.log('The database is up to date.');
}

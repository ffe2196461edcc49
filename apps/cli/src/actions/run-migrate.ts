import { migrate, openDatabase } from '@tollgate/db';
import { UsageError } from '../usage-error.ts';

export interface MigrateFlags {
  databaseUrl?: string;
}

export async function runMigrate(flags: MigrateFlags): Promise<void> {
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

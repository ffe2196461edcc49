import type { Command } from 'commander';
import type { MigrateFlags } from '../actions/run-migrate.ts';

export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description('Bring the database up to this version.')
    .option('--database-url <url>', 'Postgres (DATABASE_URL)')
    .action(async (flags: MigrateFlags) => (await import('../actions/run-migrate.ts')).runMigrate(flags));
}

import type { Command } from 'commander';
import type { AdminFlags } from '../actions/run-admin.ts';
import { addConnectOptions } from '../connect.ts';
import { commandGroup } from './command-group.ts';

export function registerAdminCommands(program: Command): void {
  const group = commandGroup(program, 'admin', 'Persons of role admin');
  const create = group
    .command('create')
    .description('Make an admin; prints a link that asks for the password, unless it comes on stdin.')
    .requiredOption('--email <email>', 'what the person signs in with')
    .option('--password-stdin', 'read the password from standard input');
  addPlaces(create).action(async (flags: AdminFlags) =>
    (await import('../actions/run-admin.ts')).runAdminCreate(flags),
  );
  const link = group
    .command('setup-link')
    .description('Print a link, good once for 24 hours, that asks for a password.')
    .option('--email <email>', 'whose password it sets; without it the link makes a new admin')
    .option('--reset-totp', 'also take away an authenticator that is lost');
  addPlaces(link).action(async (flags: AdminFlags) =>
    (await import('../actions/run-admin.ts')).runAdminSetUpLink(flags),
  );
}

function addPlaces(command: Command): Command {
  return addConnectOptions(
    command.option('--database-url <url>', 'Postgres, straight, without a control plane (DATABASE_URL)'),
  );
}

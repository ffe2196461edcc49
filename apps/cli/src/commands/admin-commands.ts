import { text } from 'node:stream/consumers';
import { emailField, newPasswordField } from '@tollgate/api/server';
import type { Command } from 'commander';
import { addConnectOptions, type ConnectFlags } from '../connect.ts';
import { createOverApi, linkOverApi } from './admin/over-api.ts';
import { createOnDatabase, linkOnDatabase } from './admin/on-database.ts';
import { UsageError } from '../usage-error.ts';
import { commandGroup } from './command-group.ts';

interface AdminFlags extends ConnectFlags {
  databaseUrl?: string;
  email?: string;
  passwordStdin?: boolean;
  resetTotp?: boolean;
}

export function registerAdminCommands(program: Command): void {
  const group = commandGroup(program, 'admin', 'Persons of role admin');
  const create = group
    .command('create')
    .description('Make an admin; prints a link that asks for the password, unless it comes on stdin.')
    .requiredOption('--email <email>', 'what the person signs in with')
    .option('--password-stdin', 'read the password from standard input');
  addPlaces(create).action(runCreate);
  const link = group
    .command('setup-link')
    .description('Print a link, good once for 24 hours, that asks for a password.')
    .option('--email <email>', 'whose password it sets; without it the link makes a new admin')
    .option('--reset-totp', 'also take away an authenticator that is lost');
  addPlaces(link).action(runSetUpLink);
}

function addPlaces(command: Command): Command {
  return addConnectOptions(
    command.option('--database-url <url>', 'Postgres, straight, without a control plane (DATABASE_URL)'),
  );
}

async function runCreate(flags: AdminFlags): Promise<void> {
  const email = parseEmail(flags.email ?? '');
  const password = flags.passwordStdin ? parsePassword(await text(process.stdin)) : null;
  const databaseUrl = selectDatabase(flags);
  const made = { email, password };
  const link =
    databaseUrl === null ? await createOverApi(flags, made) : await createOnDatabase(databaseUrl, made);
  console.log(link ?? `${email} may sign in.`);
}

async function runSetUpLink(flags: AdminFlags): Promise<void> {
  const wanted = {
    email: flags.email === undefined ? null : parseEmail(flags.email),
    resetsTotp: flags.resetTotp ?? false,
  };
  const databaseUrl = selectDatabase(flags);
  console.log(
    databaseUrl === null ? await linkOverApi(flags, wanted) : await linkOnDatabase(databaseUrl, wanted),
  );
}

/** A flag says where; else a database in the environment goes before a control plane. null = over the API. */
function selectDatabase(flags: AdminFlags): string | null {
  if (flags.databaseUrl !== undefined) return flags.databaseUrl;
  if (flags.url !== undefined || flags.token !== undefined) return null;
  return process.env['DATABASE_URL'] || null;
}

function parseEmail(input: string): string {
  const parsed = emailField.safeParse(input);
  if (!parsed.success) throw new UsageError('--email: not an e-mail address');
  return parsed.data;
}

/** One line end at the end is the terminal's. */
function parsePassword(input: string): string {
  const parsed = newPasswordField.safeParse(input.replace(/\r?\n$/, ''));
  if (!parsed.success)
    throw new UsageError(`the password: ${parsed.error.issues[0]?.message ?? 'is refused'}`);
  return parsed.data;
}

import { text } from 'node:stream/consumers';
import { emailField, newPasswordField } from '@tollgate/api/server';
import { createOnDatabase, linkOnDatabase } from '../commands/admin/on-database.ts';
import { createOverApi, linkOverApi } from '../commands/admin/over-api.ts';
import type { ConnectFlags } from '../connect.ts';
import { UsageError } from '../usage-error.ts';

export interface AdminFlags extends ConnectFlags {
  databaseUrl?: string;
  email?: string;
  passwordStdin?: boolean;
  resetTotp?: boolean;
}

export async function runAdminCreate(flags: AdminFlags): Promise<void> {
  const email = parseEmail(flags.email ?? '');
  const password = flags.passwordStdin ? parsePassword(await text(process.stdin)) : null;
  const databaseUrl = selectDatabase(flags);
  const made = { email, password };
  const link =
    databaseUrl === null ? await createOverApi(flags, made) : await createOnDatabase(databaseUrl, made);
  console.log(link ?? `${email} may sign in.`);
}

export async function runAdminSetUpLink(flags: AdminFlags): Promise<void> {
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

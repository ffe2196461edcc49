import { ACCOUNT_KINDS, PLATFORMS, type AccountKind, type Platform } from '@tollgate/core';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { UsageError } from '../../usage-error.ts';
import { commandGroup } from '../command-group.ts';
import { readSecret } from './read-secret.ts';

interface AccountCreateFlags extends ConnectFlags {
  platform: Platform;
  kind: AccountKind;
  secretEnv?: string;
  secretFile?: string;
  refreshTokenEnv?: string;
  group?: string[];
  baseUrl?: string;
  concurrency?: number;
  json?: boolean;
}

export function registerAccountCreate(program: Command): void {
  const command = commandGroup(program, 'account', 'Accounts')
    .command('create')
    .description('Make an upstream account. Its secret comes from a variable or a file, never from the line.')
    .argument('<name>')
    .addOption(
      new Option('--platform <platform>', 'who the upstream is').choices(PLATFORMS).makeOptionMandatory(),
    )
    .addOption(new Option('--kind <kind>', 'what the secret is').choices(ACCOUNT_KINDS).default('api-key'))
    .option('--secret-env <name>', 'variable with the API key, or the access token of other kinds')
    .option('--secret-file <path>', 'file with it; - = standard input')
    .option('--refresh-token-env <name>', 'variable with the refresh token, for kind oauth')
    .option('--group <name...>', 'groups that may use it')
    .option('--base-url <url>', "where its API is; the platform's own when left out")
    .option('--concurrency <n>', 'parallel requests; 0 = no limit', parseCount)
    .option('--json', 'print JSON');
  addConnectOptions(command).action(runAccountCreate);
}

async function runAccountCreate(name: string, flags: AccountCreateFlags): Promise<void> {
  const { platform, kind, baseUrl, concurrency } = flags;
  const client = connect(flags);
  const credentials = await readCredentials(flags);
  const names = flags.group ?? [];
  const groups = await Promise.all(names.map((group) => client.groups.get.query({ name: group })));
  const account = await client.accounts.create.mutate({
    name,
    platform,
    kind,
    credentials,
    groups: groups.map(({ id }) => ({ id })),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(concurrency !== undefined && { concurrency }),
  });
  if (flags.json) printJson(account);
  else console.log(`account ${account.name} (${account.id}) at ${account.baseUrl}`);
}

async function readCredentials(flags: AccountCreateFlags) {
  const { secretEnv, secretFile, refreshTokenEnv } = flags;
  if ((secretEnv === undefined) === (secretFile === undefined)) {
    throw new UsageError('give either --secret-env or --secret-file');
  }
  const secret = await readSecret(
    secretEnv === undefined ? { file: secretFile ?? '' } : { env: secretEnv },
    process.env,
  );
  if (flags.kind === 'api-key') return { api_key: secret };
  const refreshToken =
    refreshTokenEnv === undefined ? undefined : await readSecret({ env: refreshTokenEnv }, process.env);
  return { access_token: secret, ...(refreshToken !== undefined && { refresh_token: refreshToken }) };
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 0 on');
  return Number(text);
}

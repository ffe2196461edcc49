import { createTollgateClient, type TollgateClient } from '@tollgate/api';
import type { Command } from 'commander';
import { UsageError } from './usage-error.ts';

const DEFAULT_URL = 'http://127.0.0.1:8788';

export interface ConnectFlags {
  url?: string;
  token?: string;
}

/** For commands that talk to a running control plane. */
export function addConnectOptions(command: Command): Command {
  return command
    .option('--url <url>', `control plane (TOLLGATE_URL; ${DEFAULT_URL})`)
    .option('--token <token>', 'admin token (TOLLGATE_TOKEN)');
}

/** Throws UsageError when a part is missing or no URL. */
export function connect(flags: ConnectFlags): TollgateClient {
  return createTollgateClient(readConnection(flags));
}

/** Flags go before the environment. Throws UsageError when a part is missing or no URL. */
export function readConnection(flags: ConnectFlags): { url: string; token: string } {
  const url = flags.url ?? readVariable('TOLLGATE_URL') ?? DEFAULT_URL;
  const token = flags.token ?? readVariable('TOLLGATE_TOKEN');
  if (!/^https?:\/\/[^/]/.test(url) || !URL.canParse(url)) throw new UsageError(`not an http(s) URL: ${url}`);
  if (token === undefined || token === '') {
    throw new UsageError('no admin token: give --token or set TOLLGATE_TOKEN');
  }
  return { url, token };
}

/** Where persons reach the control plane, as far as flags and environment say. */
export function readControlUrl(flags: ConnectFlags = {}): string {
  return flags.url ?? readVariable('TOLLGATE_CONTROL_URL') ?? readVariable('TOLLGATE_URL') ?? DEFAULT_URL;
}

function readVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { UsageError } from '../../usage-error.ts';

/** A secret from a variable or a file (`-` = standard input), without a line end. Throws UsageError when it is empty. */
export async function readSecret(
  from: { env: string } | { file: string },
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const secret = ('env' in from ? (env[from.env] ?? '') : await readText(from.file)).trim();
  if (secret !== '') return secret;
  throw new UsageError(`${'env' in from ? `variable ${from.env}` : `file ${from.file}`} is empty or not set`);
}

async function readText(file: string): Promise<string> {
  return file === '-' ? text(process.stdin) : readFileSync(file, 'utf8');
}

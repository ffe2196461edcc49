import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { inspectSecrets, SecretReaders, SecretReading } from '@tollgate/api/config-secrets';

/** A secret is a line, not a picture. */
const SECRET_BYTES_MAX = 65_536;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The text of a configuration file (`-` = standard input), its references to secrets followed: variables of this
 * process, files relative to the configuration. Throws a ProblemError that names the path of each that leads nowhere.
 */
export async function readConfigFile(file: string, env: Environment): Promise<string> {
  const { config, readers } = await openConfigFile(file, env);
  const { resolveSecrets } = await import('@tollgate/api/config-secrets');
  return resolveSecrets(config, readers);
}

/** The same; what leads nowhere stays in the text, and is told. */
export async function inspectConfigFile(
  file: string,
  env: Environment,
): Promise<ReturnType<typeof inspectSecrets>> {
  const { config, readers } = await openConfigFile(file, env);
  // Not imported above: every command would load it.
  const secrets = await import('@tollgate/api/config-secrets');
  return secrets.inspectSecrets(config, readers);
}

async function openConfigFile(
  file: string,
  env: Environment,
): Promise<{ config: string; readers: SecretReaders }> {
  const isInput = file === '-';
  const config = isInput ? await text(process.stdin) : readFileSync(file, 'utf8');
  const folder = isInput ? '.' : dirname(file);
  const readEnv = (name: string): SecretReading => {
    const secret = env[name];
    return secret === undefined || secret === '' ? { missing: 'is not set' } : { secret };
  };
  return { config, readers: { readEnv, readFile: (path) => readSecretFile(resolve(folder, path)) } };
}

function readSecretFile(path: string): SecretReading {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > SECRET_BYTES_MAX) return { missing: `has more than ${SECRET_BYTES_MAX} bytes` };
    const secret = bytes.toString('utf8').replace(/\r?\n$/, '');
    return secret === '' ? { missing: 'is empty' } : { secret };
  } catch (fault) {
    const code = fault instanceof Error && 'code' in fault ? String(fault.code) : 'unknown fault';
    return { missing: `cannot be read (${code})` };
  }
}

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { SecretReading } from '@tollgate/api/config-secrets';

/** A secret is a line, not a picture. */
const SECRET_BYTES_MAX = 65_536;

/**
 * The text of a configuration file (`-` = standard input), its references to secrets followed: variables of this
 * process, files relative to the configuration. Throws a ProblemError that names the path of each that leads nowhere.
 */
export async function readConfigFile(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const isInput = file === '-';
  const config = isInput ? await text(process.stdin) : readFileSync(file, 'utf8');
  const folder = isInput ? '.' : dirname(file);
  const { resolveSecrets } = await import('@tollgate/api/config-secrets');
  return resolveSecrets(config, {
    readEnv(name) {
      const secret = env[name];
      return secret === undefined || secret === '' ? { missing: 'is not set' } : { secret };
    },
    readFile: (path) => readSecretFile(resolve(folder, path)),
  });
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

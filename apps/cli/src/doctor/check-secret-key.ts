import { existsSync, readFileSync } from 'node:fs';
import { parseSecretKey, SealError, verifySecretKey } from '@tollgate/db';
import { failure, ok, warning, type Check, type DoctorSite, type Look } from './finding.ts';
import { withDatabase } from './with-database.ts';

const MAKE = 'openssl rand -base64 32';

/** The key that opens the accounts' credentials: there, readable, and the one that the database was set up with. */
export const checkSecretKey: Check = {
  name: 'secret key',
  run: async ({ secretKeyText, secretKeyFile, databaseUrl }: DoctorSite) => {
    const source = secretKeyText === null ? secretKeyFile : 'TOLLGATE_SECRET_KEY';
    if (secretKeyText === null && !existsSync(secretKeyFile)) return [describeMissing(databaseUrl)];
    let key;
    try {
      key = parseSecretKey(secretKeyText ?? readFileSync(secretKeyFile, 'utf8').trim());
    } catch (fault) {
      const message = fault instanceof Error ? fault.message : 'it cannot be read';
      return [
        failure(`${source}: ${message}`, `put the key back, 32 bytes as base64 or hex (${MAKE} makes one)`),
      ];
    }
    if (databaseUrl === null) return [ok(`${source} holds a key`)];
    const secretKey = key;
    const verdict = await withDatabase(databaseUrl, (db) => verifySecretKey(db, secretKey)).then(
      () => ok(`${source} is the key of this database`),
      (fault: unknown) =>
        fault instanceof SealError
          ? failure(fault.message, 'use the key of that time: without it no credential opens')
          : null,
    );
    // A database that is away or not migrated is told by its own check.
    return [
      verdict ?? warning(`${source} could not be compared with the database`, 'mend the database first'),
    ];
  },
};

function describeMissing(databaseUrl: string | null): Look {
  if (databaseUrl === null) return ok('none yet: `up` makes one at its first start');
  const mend = `set TOLLGATE_SECRET_KEY to the same in every process (${MAKE} makes one), or copy secret.key`;
  return warning(
    'none here: this process would make its own, and other processes could not read with it',
    mend,
  );
}

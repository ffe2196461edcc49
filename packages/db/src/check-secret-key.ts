import type { Database } from './open-database.ts';
import { installation } from './schema/index.ts';
import { openSecret, SealError, sealSecret, type SecretKey } from './seal-secret.ts';

const ROW = 'this';
const CONTEXT = 'installation';

/**
 * All processes on one database must have one secret key. The control plane that comes first leaves a sealed
 * mark; see {@link verifySecretKey}.
 */
export async function installSecretKey(db: Database, key: SecretKey): Promise<void> {
  const keyCheck = sealSecret(CONTEXT, key, CONTEXT);
  await db.insert(installation).values({ id: ROW, keyCheck }).onConflictDoNothing();
  await verifySecretKey(db, key);
}

/** Throws SealError, which says what to set, when the database was set up with another key. */
export async function verifySecretKey(db: Database, key: SecretKey): Promise<void> {
  const [row] = await db.select().from(installation);
  if (row === undefined) return;
  try {
    openSecret(row.keyCheck, key, CONTEXT);
  } catch (cause) {
    throw new SealError(
      'the secret key is not the one that this database was set up with: ' +
        'give every process the same TOLLGATE_SECRET_KEY (or the same secret.key in its data folder)',
      { cause },
    );
  }
}

import { buildSetUpUrl, createSetUpToken } from '@tollgate/api/server';
import { systemClock } from '@tollgate/core';
import type { Database } from '@tollgate/db';

const LIFE_MS = 86_400_000;

/**
 * At the first start there is nobody who could sign in: whoever sees the terminal makes the first admin. On stderr,
 * since programs read stdout, and not in the log, which is kept.
 */
export async function printFirstSetUpLink(db: Database, controlUrl: string): Promise<void> {
  const token = await createSetUpToken(db, systemClock, { email: null, lifeMs: LIFE_MS });
  if (token === null) return;
  console.error(
    `The first admin chooses a password here, once, within 24 hours: ${buildSetUpUrl(controlUrl, token)}`,
  );
}

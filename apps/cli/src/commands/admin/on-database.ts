import { buildSetUpUrl, createAdmin, createPasswordHasher, createSetUpToken } from '@tollgate/api/server';
import { systemClock } from '@tollgate/core';
import { openDatabase, type Database } from '@tollgate/db';
import { readControlUrl } from '../../connect.ts';

const LIFE_MS = 86_400_000;

/** The link that asks for the password; null = there is a password. */
export function createOnDatabase(
  databaseUrl: string,
  { email, password }: { email: string; password: string | null },
): Promise<string | null> {
  return withDatabase(databaseUrl, async (db) => {
    const passwordHash = password === null ? null : await createPasswordHasher().hash(password);
    if ((await createAdmin(db, systemClock, { email, passwordHash })) === null) {
      throw new Error(
        `email: is taken already; \`tollgate admin setup-link --email ${email}\` sets a new password`,
      );
    }
    return password === null ? makeLink(db, { email, resetsTotp: false }) : null;
  });
}

export function linkOnDatabase(
  databaseUrl: string,
  wanted: { email: string | null; resetsTotp: boolean },
): Promise<string> {
  return withDatabase(databaseUrl, (db) => makeLink(db, wanted));
}

async function makeLink(
  db: Database,
  wanted: { email: string | null; resetsTotp: boolean },
): Promise<string> {
  const token = await createSetUpToken(db, systemClock, { ...wanted, lifeMs: LIFE_MS });
  if (token === null) throw new Error(`no such user: ${wanted.email}`);
  return buildSetUpUrl(readControlUrl(), token);
}

async function withDatabase<Result>(url: string, work: (db: Database) => Promise<Result>): Promise<Result> {
  const db = openDatabase(url, { max: 1, applicationName: 'tollgate admin' });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

import { openDatabase, type Database } from '@tollgate/db';

/** One connection for one look. Rejects with what the connection or `look` rejects with. */
export async function withDatabase<Result>(
  url: string,
  look: (db: Database) => Promise<Result>,
): Promise<Result> {
  const db = openDatabase(url, { max: 1, applicationName: 'tollgate doctor' });
  try {
    return await look(db);
  } finally {
    // A server that is silent does not say good-bye either.
    void db.close().catch(() => null);
  }
}

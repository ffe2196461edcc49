import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { installSecretKey, verifySecretKey } from './check-secret-key.ts';
import { openDatabase, type Database } from './open-database.ts';
import { parseSecretKey } from './seal-secret.ts';
import { createTestDatabase, type TestDatabase } from './testing/index.ts';

let test: TestDatabase;
let db: Database;
beforeAll(async () => {
  test = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(test.url);
});
afterAll(async () => {
  await db.close();
  await test.drop();
});

it('[ACC-1] one secret key a database: the first one holds, at once or later, another is told what to set', async () => {
  const key = parseSecretKey(randomBytes(32).toString('hex'));
  const other = parseSecretKey(randomBytes(32).toString('hex'));
  await verifySecretKey(db, other);
  await Promise.all([installSecretKey(db, key), installSecretKey(db, key), installSecretKey(db, key)]);
  await verifySecretKey(db, key);
  await expect(installSecretKey(db, other)).rejects.toThrow(/TOLLGATE_SECRET_KEY/);
  await expect(verifySecretKey(db, other)).rejects.toThrow(/TOLLGATE_SECRET_KEY/);
  await verifySecretKey(db, key);
});

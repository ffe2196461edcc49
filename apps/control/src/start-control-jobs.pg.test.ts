import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { encodeFacts, silentLogger } from '@tollgate/core';
import { buildFacts } from '@tollgate/core/testing';
import { openDatabase, parseSecretKey, type Database } from '@tollgate/db';
import { createTestDatabase, type TestDatabase } from '@tollgate/testkit';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseControlConfig } from './control-config.ts';
import { startControl, type RunningControl } from './start-control.ts';

let database: TestDatabase;
let db: Database;
let smtp: SMTPServer;
let control: RunningControl;
const readers: string[] = [];
const facts = buildFacts();
let holds = [{ id: 'lse_1', userId: facts.userId, note: encodeFacts(facts) }];

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(database.url, { max: 4 });
  await db.sql`
    with told as (
      insert into users (id, email, low_balance_threshold, low_balance_notified_at)
      values ('usr_1', 'u@example.com', 5, now()) returning id
    ) insert into notices (user_id, kind, detail)
      select id, 'low-balance', '{"balance":"4","threshold":"5"}' from told`;
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      readers.push(...session.envelope.rcptTo.map(({ address }) => address));
      stream.on('end', () => done()).resume();
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const { port } = smtp.server.address() as AddressInfo;
  control = await startControl({
    config: {
      ...parseControlConfig({
        TOLLGATE_SMTP_URL: `smtp://127.0.0.1:${port}`,
        TOLLGATE_MAIL_FROM: 'bills@example.com',
      }),
      port: 0,
    },
    db,
    secretKey: parseSecretKey(randomBytes(32).toString('base64')),
    logger: silentLogger,
    outboundAllow: [],
    publish: async () => 0,
    lostHolds: {
      listLostHolds: async () => holds,
      forgetLostHolds: async () => void (holds = []),
    },
  });
});
afterAll(async () => {
  await control.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
  await db.close();
  await database.drop();
});

it('[MON-6] [MON-11] a control plane books lost holds and sends notices by itself', async () => {
  await expect.poll(() => readers).toEqual(['u@example.com']);
  await expect.poll(() => holds).toEqual([]);
  expect([...(await db.sql`select attempt_id, state from usage`)]).toEqual([
    { attempt_id: facts.attemptId, state: 'unknown' },
  ]);
});

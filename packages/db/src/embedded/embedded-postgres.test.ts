import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import postgres from 'postgres';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './start-embedded-postgres.ts';

let server: EmbeddedPostgres;
const open: postgres.Sql[] = [];

function openClient(url = server.url): postgres.Sql {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  open.push(sql);
  return sql;
}

beforeAll(async () => {
  server = await startEmbeddedPostgres({ idleInTransactionMs: 1_000 });
});

afterAll(async () => {
  await Promise.all(open.map((sql) => sql.end({ timeout: 1 })));
  await server.stop();
});

it('eight connections at once get their own answers', async () => {
  const clients = Array.from({ length: 8 }, () => openClient());
  await Promise.all(
    clients.map(async (sql, client) => {
      for (let n = 0; n < 50; n += 1) {
        const [row] = await sql`select ${client}::int as client, ${`${client}-${n}`}::text as mark`;
        expect(row).toEqual({ client, mark: `${client}-${n}` });
      }
    }),
  );
});

it('eight connections add to one row in transactions and no step is lost', async () => {
  const [first] = [openClient()];
  await first!`create table counter (n int not null)`;
  await first!`insert into counter values (0)`;
  const clients = Array.from({ length: 8 }, () => openClient());
  await Promise.all(
    clients.map(async (sql) => {
      for (let n = 0; n < 10; n += 1) {
        await sql.begin(async (tx) => {
          const [row] = await tx`select n from counter`;
          await tx`update counter set n = ${row!['n'] + 1}`;
        });
      }
    }),
  );
  expect(await first!`select n from counter`).toEqual([{ n: 80 }]);
});

it('a failed statement leaves the connection and the others usable', async () => {
  const [one, other] = [openClient(), openClient()];
  await expect(one!`select 1 / ${0}::int as n`).rejects.toThrow(/division by zero/);
  await expect(one!.begin((tx) => tx`select * from nowhere`)).rejects.toThrow(/does not exist/);
  expect(await other!`select 1 as n`).toEqual([{ n: 1 }]);
  expect(await one!`select ${'2'}::int as n`).toEqual([{ n: 2 }]);
});

it('a connection that dies in a transaction is rolled back and does not stop the others', async () => {
  const [dying, other] = [openClient(), openClient()];
  await other!`create table dying (n int)`;
  const begun = Promise.withResolvers<void>();
  const dead = dying!
    .begin(async (tx) => {
      await tx`insert into dying values (1)`;
      begun.resolve();
      await tx`select 1 where ${0}::int = 1`;
      await sleep(60_000, undefined, { ref: false });
    })
    .catch(() => 'rejected');
  await begun.promise;
  const reading = other!`select count(*)::int as n from dying`;
  await dying!.end({ timeout: 0 });
  expect(await reading).toEqual([{ n: 0 }]);
  expect(await dead).toBe('rejected');
});

it('a transaction whose client falls silent is rolled back', async () => {
  const [silent, other] = [openClient(), openClient()];
  await other!`create table silent (n int)`;
  const reserved = await silent!.reserve();
  await reserved`begin`;
  await reserved`insert into silent values (1)`;
  expect(await other!`select count(*)::int as n from silent`).toEqual([{ n: 0 }]);
});

it('big statements and big answers pass whole', async () => {
  const sql = openClient();
  const text = 'x'.repeat(3_000_000);
  const [row] = await sql`select ${text}::text as text`;
  expect(row?.['text']).toBe(text);
});

it('refuses a wrong password and no password', async () => {
  const wrong = new URL(server.url);
  wrong.password = 'wrong';
  await expect(openClient(wrong.href)`select 1`).rejects.toThrow(/password authentication failed/);
});

it.each([
  ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
  ['a length below its own size', '\0\0\0\u0002'],
  ['a giant length', '\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f'],
])('closes the connection on %s, and goes on', async (_, garbage) => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(garbage);
  await new Promise((resolve) => socket.once('close', resolve));
  expect(await openClient()`select 1 as n`).toEqual([{ n: 1 }]);
});

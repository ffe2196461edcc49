import { picoUsd, ZERO_USAGE, type AttemptOutcome } from '@tollgate/core';
import { beforeEach, expect, it } from 'vitest';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { users } from './schema/index.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { forEachDatabase } from './testing/for-each-database.ts';

const USAGE = {
  inputTokens: 1,
  cacheReadTokens: 20,
  cacheWrite5mTokens: 300,
  cacheWrite1hTokens: 4_000,
  outputTokens: 50_000,
  reasoningTokens: 7,
  toolPromptTokens: 600_000,
  webSearchRequests: 9,
};
/** Reasoning is part of the output; a search is no token. */
const TOKENS = '654321';

forEachDatabase((database) => {
  const book = (...batch: AttemptOutcome[]) => createOutcomeSink(database.db).book(batch);
  const attempt = (n: number, changes: Partial<AttemptOutcome> = {}) =>
    buildTestOutcome(n, { usage: USAGE, ...changes });
  async function readTokens(userId = 'usr_1'): Promise<string | undefined> {
    const rows = await database.db.sql<{ tokens: string }[]>`
      select token_usage as tokens from users where id = ${userId}`;
    return rows[0]?.tokens;
  }

  beforeEach(async () => {
    await database.db.sql`truncate usage, ledger`;
    await database.db.sql`delete from users`;
    await database.db.insert(users).values([
      { id: 'usr_1', email: 'a@example.com' },
      { id: 'usr_2', email: 'b@example.com', tokenUsage: 5_000_000_000 },
    ]);
  });

  it('[LIM-10] settlement adds every billed token once, however often it is booked', async () => {
    await book(attempt(1));
    await book(attempt(1), attempt(2, { userId: 'usr_2' as AttemptOutcome['userId'] }));
    expect(await readTokens()).toBe(TOKENS);
    expect(await readTokens('usr_2')).toBe('5000654321');
  });

  it('[LIM-10] sums the attempts of one batch, estimated ones too', async () => {
    await book(attempt(1), attempt(2, { state: 'estimated' }), attempt(3));
    expect(await readTokens()).toBe(String(3 * Number(TOKENS)));
  });

  it('[LIM-10] tokens that cost nothing count as well, and the balance stays', async () => {
    await book(attempt(1, { actualCost: picoUsd(0n) }));
    expect(await readTokens()).toBe(TOKENS);
    expect(
      await database.db.sql`select trim_scale(balance) as balance from users where id = 'usr_1'`,
    ).toEqual([{ balance: '0' }]);
  });

  it('[LIM-10] failed attempts are billed to nobody', async () => {
    await book(attempt(1, { state: 'failed', actualCost: picoUsd(0n) }));
    expect(await readTokens()).toBe('0');
  });

  it('[LIM-10] an unknown attempt counts once, when it is known', async () => {
    await book(attempt(1, { state: 'unknown' }));
    expect(await readTokens()).toBe('0');
    await book(attempt(1));
    await book(attempt(1));
    expect(await readTokens()).toBe(TOKENS);
  });

  it('[LIM-10] counts every token while others move the same figure', async () => {
    const other = database.open();
    const bookings = Array.from({ length: 12 }, (_, n) => book(attempt(n)));
    const moves = Array.from(
      { length: 12 },
      () => other.sql`update users set token_usage = token_usage + 1000000 where id = 'usr_1'`,
    );
    await Promise.all([...bookings, ...moves]);
    expect(await readTokens()).toBe(String(12 * Number(TOKENS) + 12_000_000));
  });

  it('[MON-5] an attempt without tokens still moves the balance; a user that is gone moves nothing', async () => {
    await book(
      attempt(1, { usage: ZERO_USAGE, actualCost: picoUsd(2n) }),
      attempt(2, { userId: 'usr_gone' as AttemptOutcome['userId'] }),
    );
    const rows = await database.db.sql`select id, balance, token_usage from users order by id`;
    expect([...rows]).toEqual([
      { id: 'usr_1', balance: '-0.000000000002', token_usage: '0' },
      { id: 'usr_2', balance: '0.000000000000', token_usage: '5000000000' },
    ]);
  });
});

import {
  encodeOutcome,
  encodeOutcomeJson,
  LINE_MARK,
  picoUsd,
  silentLogger,
  ZERO_USAGE,
  type AttemptOutcome,
  type Logger,
  type UserId,
} from '@tollgate/core';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOutcomeSink, type OutcomeSink } from './testing/create-outcome-sink.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { forEachDatabase } from './testing/for-each-database.ts';
import type { Database } from './open-database.ts';
import { users } from './schema/index.ts';

const userIds = ['usr_1', 'usr_2', 'usr_3'];

/** What a journal of this release writes, and what one of an earlier release, or an odd value, leads to. */
const FORMS = [
  { name: 'lines', encode: encodeOutcome },
  { name: 'JSON', encode: encodeOutcomeJson },
];

async function reset(db: Database): Promise<void> {
  await db.sql`truncate usage, ledger`;
  await db.sql`delete from users`;
  await db.insert(users).values(userIds.map((id) => ({ id, email: `${id}@example.com` })));
}

async function readBalances(db: Database): Promise<Record<string, string>> {
  const rows = await db.sql<
    { id: string; balance: string }[]
  >`select id, trim_scale(balance) as balance from users`;
  return Object.fromEntries(rows.map((row) => [row.id, row.balance]));
}

/** Users whose balance is not the sum of their ledger. */
async function readDrift(db: Database): Promise<unknown[]> {
  const rows = await db.sql`select id from users
    where balance <> (select coalesce(sum(amount), 0) from ledger where user_id = users.id)`;
  return [...rows];
}

async function readState(db: Database): Promise<unknown> {
  const usage = await db.sql`select to_jsonb(usage) as row from usage order by attempt_id`;
  const ledger = await db.sql`select id, user_id, kind, amount, attempt_id from ledger order by id`;
  return { balances: await readBalances(db), usage: [...usage], ledger: [...ledger] };
}

forEachDatabase((database) => {
  beforeEach(() => reset(database.db));

  describe.each(FORMS)('$name', ({ encode }) => {
    const createSink = (db: Database, logger: Logger = silentLogger): OutcomeSink =>
      createOutcomeSink(db, logger, encode);
    it('[MON-5] books usage, ledger and balance together, with exact figures', async () => {
      const { db } = database;
      await createSink(db).book([
        buildTestOutcome(1, {
          standardCost: picoUsd(1n),
          actualCost: picoUsd(3n),
          extra: [{ kind: 'advisor_message', model: 'model-b', usage: { ...ZERO_USAGE, outputTokens: 7 } }],
        }),
      ]);
      const [row] = await db.sql`select * from usage`;
      expect(row).toMatchObject({
        attempt_id: 'att_00000000000000000000000001',
        request_id: 'req_00000000000000000000000001',
        user_id: 'usr_1',
        stream: true,
        state: 'settled',
        input_tokens: 10,
        output_tokens: 5,
        extra: [{ kind: 'advisor_message', model: 'model-b', usage: { outputTokens: 7 } }],
        rate_multiplier: '1.500000',
        standard_cost: '0.000000000001',
        actual_cost: '0.000000000003',
        first_token_ms: 56,
      });
      const ledger = await db.sql`select id, user_id, kind, amount, attempt_id, note from ledger`;
      expect([...ledger]).toEqual([
        {
          id: 'led_00000000000000000000000001',
          user_id: 'usr_1',
          kind: 'use',
          amount: '-0.000000000003',
          attempt_id: 'att_00000000000000000000000001',
          note: null,
        },
      ]);
      expect(await readBalances(db)).toEqual({ usr_1: '-0.000000000003', usr_2: '0', usr_3: '0' });
    });

    it('[MON-1] sums that no float can hold come out exact', async () => {
      const { db } = database;
      const batch = Array.from({ length: 30 }, (_, n) =>
        buildTestOutcome(n, { actualCost: picoUsd(100_000_000_001n) }),
      );
      await createSink(db).book([
        ...batch,
        buildTestOutcome(99, { actualCost: picoUsd(123_456_789_000_000_000n) }),
      ]);
      expect((await readBalances(db))['usr_1']).toBe('-123459.78900000003');
    });

    it('[MON-5] settling twice books once, and the first stays', async () => {
      const { db } = database;
      const sink = createSink(db);
      await sink.book([buildTestOutcome(1)]);
      const before = await readState(db);
      await sink.book([buildTestOutcome(1), buildTestOutcome(1)]);
      await sink.book([buildTestOutcome(1, { actualCost: picoUsd(9n), state: 'estimated', status: 499 })]);
      await sink.book([buildTestOutcome(1, { state: 'unknown' })]);
      expect(await readState(db)).toEqual(before);
    });

    it.each(['settled', 'estimated', 'failed'] as const)(
      '[MON-6] an unknown attempt shows as unknown, moves no money, and is replaced by %s',
      async (state) => {
        const { db } = database;
        const sink = createSink(db);
        await sink.book([buildTestOutcome(1, { state: 'unknown', status: 0, actualCost: picoUsd(5n) })]);
        expect([...(await db.sql`select state, actual_cost::float8 as cost from usage`)]).toEqual([
          { state: 'unknown', cost: 0 },
        ]);
        expect(await db.sql`select 1 from ledger`).toHaveLength(0);
        const cost = picoUsd(state === 'failed' ? 0n : 5_000_000_000_000n);
        await sink.book([buildTestOutcome(1, { state, actualCost: cost })]);
        expect([...(await db.sql`select state from usage`)]).toEqual([{ state }]);
        expect((await readBalances(db))['usr_1']).toBe(state === 'failed' ? '0' : '-5');
        expect(await readDrift(db)).toEqual([]);
      },
    );

    it('[MON-6] inside one batch, too, what is known wins over unknown, and the first over the second', async () => {
      const { db } = database;
      await createSink(db).book([
        buildTestOutcome(1, { state: 'unknown' }),
        buildTestOutcome(1, { actualCost: picoUsd(1_000_000_000_000n) }),
        buildTestOutcome(1, { actualCost: picoUsd(2_000_000_000_000n) }),
        buildTestOutcome(1, { state: 'unknown' }),
      ]);
      expect([...(await db.sql`select state from usage`)]).toEqual([{ state: 'settled' }]);
      expect((await readBalances(db))['usr_1']).toBe('-1');
    });

    it('a free attempt has a usage row and no ledger row', async () => {
      const { db } = database;
      await createSink(db).book([buildTestOutcome(1, { actualCost: picoUsd(0n) })]);
      expect(await db.sql`select 1 from usage`).toHaveLength(1);
      expect(await db.sql`select 1 from ledger`).toHaveLength(0);
    });

    it('a user that was deleted meanwhile does not stop the others of the batch', async () => {
      const { db } = database;
      await createSink(db).book([buildTestOutcome(1, { userId: 'usr_gone' as UserId }), buildTestOutcome(2)]);
      expect(await db.sql`select 1 from usage`).toHaveLength(2);
      expect(await db.sql`select 1 from ledger`).toHaveLength(1);
      expect((await readBalances(db))['usr_1']).toBe('-0.000003');
    });

    it('an empty batch does nothing', async () => {
      await createSink(database.db).book([]);
      expect(await database.db.sql`select 1 from usage`).toHaveLength(0);
    });

    it('a batch of 2,000 is booked whole', async () => {
      const { db } = database;
      await createSink(db).book(
        Array.from({ length: 2_000 }, (_, n) => buildTestOutcome(n, { userId: userIds[n % 3] as UserId })),
      );
      expect(await db.sql`select 1 from usage`).toHaveLength(2_000);
      expect(await readBalances(db)).toEqual({ usr_1: '-0.002001', usr_2: '-0.002001', usr_3: '-0.001998' });
    });

    const big = Number.MAX_SAFE_INTEGER;
    it.each<[string, Partial<AttemptOutcome>]>([
      ['negative counts', { usage: { ...ZERO_USAGE, inputTokens: -5 }, durationMs: -1 }],
      [
        'counts beyond an integer',
        { usage: { ...ZERO_USAGE, outputTokens: big }, durationMs: Infinity, status: big },
      ],
      [
        'figures that are none',
        { usage: { ...ZERO_USAGE, outputTokens: Number.NaN }, firstTokenMs: Number.NaN },
      ],
      ['fractions', { durationMs: 1.5, usage: { ...ZERO_USAGE, inputTokens: 2.5 } }],
      ['NULs', { model: 'a\0b', errorCode: '\0', upstreamRequestId: 'x\0' }],
      ['half characters', { model: 'a\ud83d', upstreamModel: '\udc00', priceVersion: '\ud800' }],
      ['quotes and escapes', { model: `'"\\u0000\\` }],
      ['endless text', { model: 'm'.repeat(1_000_000), requestId: 'r'.repeat(10_000) as never }],
      ['a date out of range', { atMs: 8.64e15 }],
      ['no date', { atMs: Number.NaN }],
      ['a negative cost', { standardCost: picoUsd(-1n), actualCost: picoUsd(-1n) }],
      ['a giant cost', { standardCost: picoUsd(10n ** 40n), actualCost: picoUsd(10n ** 40n) }],
      ['a giant multiplier', { rateMultiplier: (10n ** 30n) as never }],
      ['an unheard-of state', { state: 'melted' as never }],
      [
        'NULs in extras',
        { extra: [{ kind: '\0', model: '\ud800', usage: { ...ZERO_USAGE, inputTokens: -1 } }] },
      ],
    ])('a record with %s is mended and does not stop its batch', async (_, changes) => {
      const { db } = database;
      await createSink(db).book([buildTestOutcome(1), buildTestOutcome(2, changes), buildTestOutcome(3)]);
      expect(await db.sql`select 1 from usage`).toHaveLength(3);
      expect(await readDrift(db)).toEqual([]);
    });

    it('says which fields it mended, and nothing for a good record', async () => {
      const warnings: object[] = [];
      const logger: Logger = {
        debug() {},
        info() {},
        error() {},
        warn: (detail) => void warnings.push(detail),
      };
      const bad = buildTestOutcome(2, {
        model: 'a\0',
        usage: { ...ZERO_USAGE, inputTokens: -1 },
        durationMs: 1.5,
      });
      await createSink(database.db, logger).book([buildTestOutcome(1), bad]);
      expect(warnings).toEqual([{ attemptId: bad.attemptId, fields: ['model', 'inputTokens'] }]);
    });

    it('[MON-5] two shippers with overlapping batches at once book each attempt once', async () => {
      const { db } = database;
      const other = createSink(database.open());
      const sink = createSink(db);
      const attempts = Array.from({ length: 300 }, (_, n) =>
        buildTestOutcome(n, { userId: [...userIds, 'usr_gone'][n % 4] as UserId }),
      );
      const jobs: Promise<void>[] = [];
      for (let from = 0; from < 300; from += 50) {
        jobs.push(sink.book(attempts.slice(from, from + 100)));
        jobs.push(other.book(attempts.slice(Math.max(0, from - 25), from + 75).toReversed()));
      }
      await Promise.all(jobs);
      expect(await db.sql`select 1 from usage`).toHaveLength(300);
      expect(await readBalances(db)).toEqual({ usr_1: '-0.000225', usr_2: '-0.000225', usr_3: '-0.000225' });
      expect(await readDrift(db)).toEqual([]);
    });

    it('[MON-5] any split, order and repetition of the same attempts gives the same balances', async () => {
      const { db } = database;
      const sink = createSink(db);
      const attempts = fc.array(
        fc.record({
          n: fc.integer({ min: 0, max: 9 }),
          userId: fc.constantFrom(...userIds),
          cost: fc.bigInt({ min: 0n, max: 10n ** 15n }),
          left: fc.boolean(),
        }),
        { minLength: 1, maxLength: 10 },
      );
      /** Which attempts are sent in which order, in how large batches. */
      const sending = fc.record({ order: fc.infiniteStream(fc.nat()), size: fc.integer({ min: 1, max: 7 }) });
      await fc.assert(
        fc.asyncProperty(attempts, sending, async (drawn, { order, size }) => {
          await reset(db);
          const known = [...new Map(drawn.map((draw) => [draw.n, draw])).values()];
          const closed = known.map((draw) =>
            buildTestOutcome(draw.n, { userId: draw.userId as UserId, actualCost: picoUsd(draw.cost) }),
          );
          const opened = known
            .filter((draw) => draw.left)
            .map((draw) => buildTestOutcome(draw.n, { userId: draw.userId as UserId, state: 'unknown' }));
          const sent = [...closed, ...opened, ...closed]
            .map((outcome) => ({ outcome, rank: Number(order.next().value) }))
            .toSorted((a, b) => a.rank - b.rank)
            .map(({ outcome }) => outcome);
          for (let from = 0; from < sent.length; from += size) await sink.book(sent.slice(from, from + size));
          const expected = Object.fromEntries(userIds.map((id) => [id, 0n]));
          for (const draw of known) expected[draw.userId] = (expected[draw.userId] ?? 0n) - draw.cost;
          const rows = await db.sql<{ id: string; pico: string }[]>`
          select id, (balance * 1000000000000)::numeric(30, 0)::text as pico from users`;
          expect(Object.fromEntries(rows.map((row) => [row.id, BigInt(row.pico)]))).toEqual(expected);
          expect(await readDrift(db)).toEqual([]);
          expect(await db.sql`select 1 from usage where state <> 'settled'`).toHaveLength(0);
        }),
        { numRuns: 30 },
      );
    });
  });

  it('[MON-5] mixed forms in one batch are booked once, in their order, as if they had one form', async () => {
    const { db } = database;
    const mixed = createOutcomeSink(db, silentLogger, (outcome) =>
      outcome.status === 200 ? encodeOutcome(outcome) : encodeOutcomeJson(outcome),
    );
    await mixed.book([
      buildTestOutcome(1, { status: 201, state: 'unknown' }),
      buildTestOutcome(1, { actualCost: picoUsd(1_000_000_000_000n) }),
      buildTestOutcome(1, { actualCost: picoUsd(2_000_000_000_000n), status: 201 }),
      buildTestOutcome(2, { actualCost: picoUsd(3_000_000_000_000n), status: 201 }),
      buildTestOutcome(2, { actualCost: picoUsd(4_000_000_000_000n) }),
    ]);
    expect((await readBalances(db))['usr_1']).toBe('-4');
    expect(await readDrift(db)).toEqual([]);
  });

  it('[MON-5] both forms make the same rows', async () => {
    const { db } = database;
    const outcomes = [
      buildTestOutcome(1, { model: '模型 "ü" \u2028', atMs: 1_767_312_000_123 }),
      buildTestOutcome(2, { state: 'failed', errorCode: '', priceVersion: null, firstTokenMs: null }),
      buildTestOutcome(3, { upstreamRequestId: null, standardCost: picoUsd(10n ** 18n), stream: false }),
      buildTestOutcome(4, { state: 'unknown', actualCost: picoUsd(7n), standardCost: picoUsd(7n) }),
      buildTestOutcome(5, {
        rateMultiplier: (10n ** 12n - 1n) as never,
        atMs: 253_402_300_799_999,
        extra: [
          { kind: 'advisor_message', model: null, usage: { ...ZERO_USAGE, outputTokens: 7 } },
          { kind: 'compaction', model: 'model-b', usage: { ...ZERO_USAGE, inputTokens: 2 ** 31 - 1 } },
        ],
      }),
    ];
    const states: unknown[] = [];
    for (const { encode } of FORMS) {
      await reset(db);
      await createOutcomeSink(db, silentLogger, encode).book(outcomes);
      states.push(await readState(db));
    }
    expect(states[0]).toEqual(states[1]);
    expect(outcomes.map(encodeOutcome).every((text) => text.startsWith(LINE_MARK))).toBe(true);
  });
});

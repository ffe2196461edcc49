import { formatUsd, picoUsd, type AttemptOutcome, type AttemptState, type PicoUsd } from '@tollgate/core';
import * as fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { moveBalance, type BalanceMovement } from './move-balance.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { forEachDatabase } from './testing/for-each-database.ts';
import { buildPayer, MONEY_USERS, resetMoney } from './testing/money-fixture.ts';

const NOW_MS = Date.now();

/** An attempt as it ends. */
interface Drawn {
  userId: string;
  fromSubscription: boolean;
  state: Exclude<AttemptState, 'unknown'>;
  cost: bigint;
}

/** What happens at once; the steps come one after the other. */
type Action =
  | { kind: 'book'; attempts: number[]; asUnknown: boolean }
  | { kind: 'move'; userId: string; movement: BalanceMovement['kind']; pico: bigint };

const attempts = fc.array(
  fc.record<Drawn>({
    userId: fc.constantFrom(...MONEY_USERS),
    fromSubscription: fc.boolean(),
    state: fc.constantFrom('settled', 'estimated', 'failed'),
    cost: fc.bigInt({ min: 0n, max: 10n ** 15n }),
  }),
  { minLength: 1, maxLength: 12 },
);
const action = fc.oneof(
  fc.record({
    kind: fc.constant('book' as const),
    attempts: fc.array(fc.nat(11), { minLength: 1, maxLength: 6 }),
    asUnknown: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('move' as const),
    userId: fc.constantFrom(...MONEY_USERS),
    movement: fc.constantFrom<BalanceMovement['kind']>('top-up', 'redeem', 'refund', 'adjustment'),
    pico: fc.bigInt({ min: 1n, max: 10n ** 15n }),
  }),
);
const steps = fc.array(fc.array(action, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

forEachDatabase((database) => {
  beforeEach(() => resetMoney(database.db));

  it('[MON-5] [LIM-9] [MON-9] balance, counters, windows and hours are the sums of what was booked, in any interleaving', async () => {
    await fc.assert(
      fc.asyncProperty(attempts, steps, async (drawn, parallel) => {
        await resetMoney(database.db);
        const other = createOutcomeSink(database.db);
        const known = new Set<number>();
        const moved: { userId: string; isRecharge: boolean; pico: bigint }[] = [];
        let ledgerIds = 0;
        const run = (act: Action): Promise<unknown> => {
          if (act.kind === 'book') {
            const batch = act.attempts.map((n) => n % drawn.length);
            if (!act.asUnknown) for (const n of batch) known.add(n);
            return other.book(batch.map((n) => buildAttempt(drawn, n, act.asUnknown)));
          }
          const pico = act.movement === 'adjustment' ? -act.pico : act.pico;
          const isRecharge = act.movement === 'top-up' || act.movement === 'redeem';
          moved.push({ userId: act.userId, isRecharge, pico });
          const ledgerId = `led_m${(ledgerIds += 1)}`;
          const amount = formatUsd(pico as PicoUsd);
          const movement = { ledgerId, userId: act.userId, kind: act.movement, amount, at: new Date(NOW_MS) };
          return database.db.transaction((tx) => moveBalance(tx, movement));
        };
        for (const step of parallel) await Promise.all(step.map(run));
        for (const userId of MONEY_USERS) {
          const own = [...known].map((n) => drawn[n]).filter((draw) => draw?.userId === userId);
          const billed = own.filter((draw) => draw !== undefined && draw.state !== 'failed');
          const sum = (isSubscription: boolean) =>
            billed.reduce(
              (total, draw) => total + (draw?.fromSubscription === isSubscription ? draw.cost : 0n),
              0n,
            );
          const received = moved.filter((movement) => movement.userId === userId);
          expect(await readUser(userId)).toEqual({
            balance: received.reduce((total, { pico }) => total + pico, 0n) - sum(false),
            ledger: received.reduce((total, { pico }) => total + pico, 0n) - sum(false),
            uses: BigInt(billed.filter((draw) => !draw?.fromSubscription && draw?.cost).length),
            recharged: received.reduce((total, { pico, isRecharge }) => total + (isRecharge ? pico : 0n), 0n),
            key: sum(true) + sum(false),
            window: sum(true) + sum(false),
            subscription: sum(true),
          });
        }
        expect(await readHours()).toEqual(await readUsageByHour());
      }),
      { numRuns: 40 },
    );
  });

  function buildAttempt(drawn: Drawn[], n: number, asUnknown: boolean): AttemptOutcome {
    const { userId, fromSubscription, state, cost } = drawn[n] ?? drawn[0]!;
    // Two hours, so that there is more than one row of sums.
    const atMs = NOW_MS - (n % 2) * 3_600_000;
    const changes = { ...buildPayer(userId, fromSubscription), atMs };
    if (asUnknown) return buildTestOutcome(n, { ...changes, state: 'unknown' });
    return buildTestOutcome(n, { ...changes, state, standardCost: picoUsd(7n), actualCost: picoUsd(cost) });
  }

  async function readUser(userId: string): Promise<Record<string, bigint>> {
    const { keyId, subscriptionId } = buildPayer(userId, true);
    const [row] = await database.db.sql<Record<string, string>[]>`
      select ${pico('u.balance')} as balance, ${pico('u.total_recharged')} as recharged,
        (select ${pico('coalesce(sum(amount), 0)')} from ledger where user_id = u.id) as ledger,
        (select count(*) from ledger where user_id = u.id and kind = 'use') as uses,
        ${pico('k.spent_total')} as key, ${pico('k.spent_7d')} as window,
        ${pico('s.month_spent')} as subscription
      from users u join keys k on k.id = ${keyId} join subscriptions s on s.id = ${subscriptionId}
      where u.id = ${userId}`;
    return Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, BigInt(value)]));
  }

  const pico = (amount: string) =>
    database.db.sql.unsafe(`(${amount} * 1000000000000)::numeric(40, 0)::text`);

  const readHours = async () => [
    ...(await database.db.sql`
      select hour, user_id, key_id, group_id, account_id, model, protocol, state, attempts, input_tokens,
        output_tokens, standard_cost, actual_cost, duration_ms
      from usage_hourly where attempts <> 0 order by hour, user_id, key_id, state`),
  ];

  const readUsageByHour = async () => [
    ...(await database.db.sql`
      select date_trunc('hour', at, 'UTC') as hour, user_id, key_id, group_id, account_id, model, protocol, state,
        count(*) as attempts, sum(case state when 'unknown' then 0 else input_tokens end) as input_tokens,
        sum(case state when 'unknown' then 0 else output_tokens end) as output_tokens,
        sum(standard_cost) as standard_cost, sum(actual_cost) as actual_cost,
        sum(case state when 'unknown' then 0 else duration_ms end) as duration_ms
      from usage group by 1, 2, 3, 4, 5, 6, 7, 8 order by hour, user_id, key_id, state`),
  ];
});

import { createId, parseUsd, picoUsd, type PicoUsd } from '@tollgate/core';
import { openDatabase, type Database } from '@tollgate/db';
import { createRedisStore, type PurseName, type Store } from '@tollgate/store';
import type { Fleet } from '../harness/fleet.ts';

/** One purse as the three who keep it see it. */
export interface PurseSides {
  /** Held by running requests. */
  held: PicoUsd;
  /** The figure that admission looks at; null = not known, the next request has it read. */
  store: PicoUsd | null;
  /** The column in Postgres. */
  books: PicoUsd;
  /** Sum of the immutable rows: of the ledger for a balance, of usage for a window. */
  rows: PicoUsd;
}

/** Looks into Redis and Postgres themselves, past the processes that are to be judged. */
export class PurseBooks {
  readonly store: Store;
  readonly db: Database;

  constructor({ databaseUrl, redisUrl, redisPrefix }: Fleet) {
    this.db = openDatabase(databaseUrl, { max: 2 });
    this.store = createRedisStore({
      url: redisUrl,
      prefix: redisPrefix,
      nodeId: createId('node', Date.now()),
      isNode: false,
      callTimeoutMs: 5_000,
    });
  }

  async readSides(purse: PurseName): Promise<PurseSides> {
    const [state] = await this.store.readPurses([purse]);
    const [row] = await this.db.sql.unsafe<{ books: string; rows: string }[]>(...buildQuestion(purse));
    if (row === undefined) throw new Error(`nobody has the purse ${JSON.stringify(purse)}`);
    return {
      held: picoUsd(state?.held ?? 0n),
      store: state?.amount ?? null,
      books: parseUsd(row.books),
      rows: parseUsd(row.rows),
    };
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.db.close();
  }
}

function buildQuestion(purse: PurseName): [text: string, values: string[]] {
  if (purse.kind === 'balance')
    return [
      `select balance::text as books, (select coalesce(sum(amount), 0)::text from ledger where user_id = users.id) as rows
       from users where id = $1`,
      [purse.userId],
    ];
  const isKey = purse.kind === 'key';
  const [table, owner, id] = isKey
    ? ['keys', 'key_id', purse.keyId]
    : ['subscriptions', 'subscription_id', purse.subscriptionId];
  const column = isKey ? `spent_${purse.window}` : `${purse.window}_spent`;
  return [
    `select ${column}::text as books, (select coalesce(sum(actual_cost), 0)::text from usage where ${owner} = $1) as rows
     from ${table} where id = $1`,
    [id],
  ];
}

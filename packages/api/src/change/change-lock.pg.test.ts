import { openDatabase, type Database } from '@tollgate/db';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { addPerson, signInAs } from '../testing/add-person.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { runChange } from './run-change.ts';

/** Of run-change.ts: another process of the fleet that is in the midst of a change. */
const CHANGE_LOCK = 7_016_996_765_293_437n;
const REFUSED = { data: { code: 'UNAUTHORIZED', httpStatus: 401 } };

let api: TestApi;
let other: Database;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  other = openDatabase(await readUrl(), { max: 2 });
});
afterAll(async () => {
  await other.close();
  await api.stop();
});

async function readUrl(): Promise<string> {
  const [row] = await api.db.sql<{ name: string }[]>`select current_database() as name`;
  return Object.assign(new URL(inject('postgresUrl')), { pathname: `/${row?.name}` }).href;
}

/** While `work` runs, another process has the turn. */
async function whileOtherChanges(work: () => Promise<void>): Promise<void> {
  await other.sql.begin(async (tx) => {
    await tx.unsafe(`select pg_advisory_xact_lock(${CHANGE_LOCK})`);
    await work();
  });
}

/** In this database, and not in those of other tests. */
async function countWaiting(): Promise<number> {
  const [row] = await other.sql<{ total: number }[]>`
    select count(*)::int as total from pg_locks
    where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`;
  return row?.total ?? 0;
}

const waitFor = (total: number) => vi.waitFor(async () => expect(await countWaiting()).toBe(total));

it('[CTL-2] what a token asked for while its revocation waited before it is refused: it makes no other token', async () => {
  const stolen = await api.client.adminTokens.create.mutate({
    name: 'stolen',
    scopes: ['*'],
    expiresAt: null,
  });
  const outcomes: Promise<unknown>[] = [];
  await whileOtherChanges(async () => {
    outcomes.push(api.client.adminTokens.revoke.mutate({ id: stolen.id }));
    await waitFor(1);
    const heir = { name: 'heir', scopes: ['*'], expiresAt: null };
    outcomes.push(api.connect(stolen.token).adminTokens.create.mutate(heir));
    await waitFor(2);
  });
  const [revoked, inherited] = await Promise.allSettled(outcomes);
  expect(revoked?.status).toBe('fulfilled');
  expect(inherited).toMatchObject({ status: 'rejected', reason: REFUSED });
  const { items } = await api.client.adminTokens.list.query();
  expect(items.map(({ name }) => name)).not.toContain('heir');
});

it('[CTL-2] what an admin asked for while their demotion waited before it is refused', async () => {
  const userId = await addPerson(api, 'fired@example.com', 'admin');
  await addPerson(api, 'stays@example.com', 'admin');
  const { client } = await signInAs(api, 'fired@example.com');
  const outcomes: Promise<unknown>[] = [];
  await whileOtherChanges(async () => {
    outcomes.push(api.client.users.update.mutate({ id: userId, role: 'user' }));
    await waitFor(1);
    outcomes.push(client.users.update.mutate({ id: userId, role: 'admin' }));
    await waitFor(2);
  });
  const [demoted, undone] = await Promise.allSettled(outcomes);
  expect(demoted?.status).toBe('fulfilled');
  expect(undone).toMatchObject({ status: 'rejected', reason: REFUSED });
  expect(await api.client.users.get.query({ id: userId })).toMatchObject({ role: 'user' });
});

it('[CTL-3] many changes that wait for their turn leave connections to those who only read', async () => {
  const changes: Promise<unknown>[] = [];
  await whileOtherChanges(async () => {
    for (let index = 0; index < 20; index += 1) {
      changes.push(api.client.groups.create.mutate({ name: `waits ${index}`, platform: 'openai' }));
    }
    await vi.waitFor(async () => expect(await countWaiting()).toBeGreaterThan(0));
    const read = await Promise.race([
      api.client.users.list.query({ limit: 1 }),
      Promise.race(changes).then(
        () => 'a change was over first',
        () => 'a change failed first',
      ),
    ]);
    expect(read).toHaveProperty('items');
  });
  // None is lost for having waited.
  await Promise.all(changes);
  expect((await api.client.groups.list.query({ search: 'waits' })).items).toHaveLength(20);
});

it('[AUTH-6] a control plane that freezes in the midst of a change loses its turn after a minute', async () => {
  const actor = { services: api.services, actor: 'system' };
  const [row] = await runChange(actor, ({ tx }) =>
    tx.execute<{ ms: string }>(
      sql`select setting as ms from pg_settings where name = 'idle_in_transaction_session_timeout'`,
    ),
  );
  expect(row?.ms).toBe('60000');
});

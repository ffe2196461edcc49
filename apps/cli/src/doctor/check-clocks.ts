import { ok, failure, warning, type Check, type DoctorSite, type Look } from './finding.ts';
import { listRedisNodes } from './list-redis-nodes.ts';
import { withDatabase } from './with-database.ts';
import { withRedis } from './with-redis.ts';

const WARNING_MS = 1_000;
const FAILURE_MS = 5_000;
const MEND =
  'keep the clocks of all machines together: chrony or systemd-timesyncd, on the one that is wrong';

/** Windows, expiries and leases are read on several clocks. */
export const checkClocks: Check = {
  name: 'clocks',
  run: async (site: DoctorSite) => {
    const { databaseUrl } = site;
    // That it is away is told by its own check.
    const nodes = await listRedisNodes(site).catch(() => []);
    const looks = await Promise.all([
      databaseUrl === null ? null : lookAt('Postgres', () => readPostgresClock(databaseUrl)),
      ...nodes.map(({ name, url }) => lookAt(`Redis ${name}`.trimEnd(), () => readRedisClock(url))),
    ]);
    const found = looks.filter((look) => look !== null);
    return found.length > 0 ? found : [ok('one machine, one clock')];
  },
};

async function lookAt(name: string, read: () => Promise<number>): Promise<Look | null> {
  const skewMs = await read().catch(() => null);
  // That it is away is told by its own check.
  return skewMs === null ? null : judgeSkew(name, skewMs);
}

/** `skewMs`: how far the other clock is ahead. */
export function judgeSkew(name: string, skewMs: number): Look {
  const away = Math.abs(skewMs);
  if (away < WARNING_MS) return ok(`${name} is within ${Math.ceil(away)} ms of this machine`);
  const shown = `the clock of ${name} is ${(away / 1_000).toFixed(1)} s ${skewMs > 0 ? 'ahead' : 'behind'}`;
  return away < FAILURE_MS ? warning(shown, MEND) : failure(shown, MEND);
}

function readPostgresClock(url: string): Promise<number> {
  return withDatabase(url, async (db) => {
    await db.sql`select 1`;
    return compare(async () => {
      const [row] = await db.sql<{ ms: string }[]>`select extract(epoch from clock_timestamp()) * 1000 as ms`;
      return Number(row?.ms);
    });
  });
}

function readRedisClock(url: string): Promise<number> {
  return withRedis(url, (redis) =>
    compare(async () => {
      const [seconds = 0, micros = 0] = await redis.time();
      return Number(seconds) * 1_000 + Number(micros) / 1_000;
    }),
  );
}

/** Against the middle of the round trip. */
async function compare(read: () => Promise<number>): Promise<number> {
  const before = Date.now();
  const there = await read();
  return there - (before + Date.now()) / 2;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { migrate } from '../migrate.ts';
import { openDatabase } from '../open-database.ts';
import { startEmbeddedPostgres } from './start-embedded-postgres.ts';

let dataDir: string;

// Making a new data folder takes seconds on a small machine.
vi.setConfig({ testTimeout: 120_000 });

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tollgate-embedded-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Commits numbers for ever, says each one that is committed, and keeps a transaction open beside. */
const WRITER = `
  const { startEmbeddedPostgres } = await import(${JSON.stringify(import.meta.resolve('./start-embedded-postgres.ts'))});
  const { openDatabase } = await import(${JSON.stringify(import.meta.resolve('../open-database.ts'))});
  const server = await startEmbeddedPostgres({ dataDir: process.argv[1] });
  const { sql } = openDatabase(server.url);
  await sql\`create table if not exists written (n int)\`;
  for (let n = 1; ; n += 1) {
    await sql\`insert into written values (\${n})\`;
    process.stdout.write(n + '\\n');
  }
`;

/** Runs the writer until it has said `count` numbers, kills it with -9, and gives the last number it said. */
async function writeAndKill(count: number): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.split('\n').length > count) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return Number(said.split('\n').at(-2));
}

it('[MON-6] loses no committed row when its process is killed with -9, twice', async () => {
  let expected = 0;
  for (const count of [50, 30]) {
    expected += await writeAndKill(count);
    const server = await startEmbeddedPostgres({ dataDir });
    const db = openDatabase(server.url, { max: 1 });
    const [row] = await db.sql`select count(*)::int as n from written`;
    // One more may be committed than said.
    expect(row?.['n']).toBeGreaterThanOrEqual(expected);
    expect(row?.['n']).toBeLessThanOrEqual(expected + 1);
    expected = Number(row?.['n']);
    await db.close();
    await server.stop();
  }
});

it('keeps what was migrated and written over a stop and a start', async () => {
  for (const applied of [1, 0]) {
    const server = await startEmbeddedPostgres({ dataDir });
    const db = openDatabase(server.url);
    expect((await migrate(db)).length > 0 ? 1 : 0).toBe(applied);
    await db.close();
    await server.stop();
    await server.stop();
  }
});

it('refuses a folder that a live process holds, and says who', async () => {
  const server = await startEmbeddedPostgres({ dataDir });
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
    new RegExp(`in use by process ${process.pid}`),
  );
  await server.stop();
  await (await startEmbeddedPostgres({ dataDir })).stop();
});

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, startPostgresServer } from '@tollgate/testkit';

/**
 * What the journal and its booking into a real Postgres cost one process, per attempt: CPU of all its threads, and
 * bytes that the collector had to copy because they lived long enough. `npm run bench:booking -- [CHECKOUT …]`
 * measures other checkouts of this repository in the same run, in turns: only ratios between them mean something.
 */
const ROUNDS = 3;
const CHILD = fileURLToPath(new URL('book-usage-child.ts', import.meta.url));
const OWN = fileURLToPath(new URL('../..', import.meta.url));
const checkouts = [OWN, ...process.argv.slice(2).map((path) => resolve(path))];

interface Cost {
  /** Microseconds of CPU per attempt, all threads; the loop of the bench itself is taken off. */
  cpuUs: number;
  /** Bytes per attempt that scavenges copied or promoted. */
  survivedBytes: number;
}

const postgres = await startPostgresServer();
try {
  const costs = checkouts.map((): Cost[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, checkout] of checkouts.entries()) {
      const idle = await measure(checkout, 'idle');
      const full = await measure(checkout, 'full');
      const own = subtract(full, idle);
      costs[index]?.push(own);
      process.stdout.write(`round ${round} ${checkout} ${JSON.stringify(own)}\n`);
    }
  }
  for (const [index, checkout] of checkouts.entries()) {
    const cpuUs = median(costs[index]?.map((cost) => cost.cpuUs) ?? []);
    const survivedBytes = median(costs[index]?.map((cost) => cost.survivedBytes) ?? []);
    process.stdout.write(
      `${checkout}: ${cpuUs.toFixed(1)} µs CPU, ${survivedBytes.toFixed(0)} bytes survived per attempt\n`,
    );
  }
} finally {
  await postgres.stop();
}

async function measure(checkout: string, mode: 'idle' | 'full'): Promise<Cost> {
  const database = await createTestDatabase(postgres.url);
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  try {
    const flags = ['--max-semi-space-size=32', '--trace-gc-nvp'];
    const args = [...flags, CHILD, checkout, mode, database.url, folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    return parseCost(await text(child.stdout));
  } finally {
    await database.drop();
    rmSync(folder, { recursive: true });
  }
}

/** Between the two marks of the child stand the collector's lines. */
function parseCost(output: string): Cost {
  const [, traced = '', result = '{}'] = output.split(/^#.*?mark$/m);
  const { attempts, cpuUs } = JSON.parse(/^\{.*$/m.exec(result)?.[0] ?? '{}') as {
    attempts: number;
    cpuUs: number;
  };
  let survived = 0;
  for (const [, bytes] of traced.matchAll(/(?:semi_space_copied|new_space_survived|promoted)=(\d+)/g)) {
    survived += Number(bytes);
  }
  return { cpuUs: cpuUs / attempts, survivedBytes: survived / attempts };
}

function subtract(full: Cost, idle: Cost): Cost {
  return { cpuUs: full.cpuUs - idle.cpuUs, survivedBytes: full.survivedBytes - idle.survivedBytes };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

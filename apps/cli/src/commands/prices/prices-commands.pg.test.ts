import { fileURLToPath } from 'node:url';
import { startTestControl, TEST_TOKEN, type TestControl } from '@tollgate/control/testing';
import { createId } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runInProcess } from '../../testing/run-in-process.ts';

const FILE = fileURLToPath(
  new URL('../../../../../packages/pricing/src/lite-llm/fixtures/model-prices.json', import.meta.url),
);
const AT_MS = Date.UTC(2026, 10, 22, 12);

let control: TestControl;

beforeAll(async () => {
  control = await startTestControl(inject('postgresUrl'));
  const [user] = await control.db
    .insert(schema.users)
    .values({ id: createId('user', AT_MS), email: 'payer@example.com' })
    .returning();
  await control.db.insert(schema.usage).values(buildUsage(user!.id));
});
afterAll(async () => {
  await control.stop();
});

/** Served while nobody knew the price: 1,000,000 tokens in, 100,000 out. */
function buildUsage(userId: string): typeof schema.usage.$inferInsert {
  return {
    attemptId: createId('attempt', AT_MS),
    requestId: createId('request', AT_MS),
    nodeId: 'nod_1',
    at: new Date(AT_MS),
    userId,
    keyId: 'key_1',
    groupId: 'grp_1',
    accountId: 'acc_1',
    protocol: 'chat',
    model: 'deep',
    upstreamModel: 'o3-deep-research',
    stream: true,
    status: 200,
    state: 'settled',
    inputTokens: 1_000_000,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 100_000,
    reasoningTokens: 0,
    toolPromptTokens: 0,
    webSearchRequests: 0,
    rateMultiplier: '2',
    standardCost: '0',
    actualCost: '0',
    durationMs: 100,
  };
}

const run = (...args: string[]) =>
  runInProcess(['prices', ...args], { env: { TOLLGATE_TOKEN: TEST_TOKEN, TOLLGATE_URL: control.url } });

const PERIOD = [
  '--from',
  '2026-11-01T00:00:00Z',
  '--to',
  '2026-12-01T00:00:00Z',
  '--reason',
  'price was missing',
];

describe('tollgate prices', () => {
  it('[MON-2] list shows what is in force', async () => {
    const { stdout } = await run('list', '--search', 'claude-haiku-4', '--platform', 'anthropic');
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^model +platform +input +output +cache_read +cache_write_5m +max_output +since$/,
      ),
      expect.stringMatching(/^claude-haiku-4-5 +anthropic +1 +5 +0\.10 +1\.25 +64000 +-$/),
    ]);
  });

  it('[MON-2] import: a dry run, then the same for good, in force at once', async () => {
    const args = ['import', FILE, '--effective-from', '2026-11-22', '--note', 'monthly'];
    const dry = await run(...args, '--dry-run');
    expect(dry.stdout).toContain('+ o3-deep-research (new)\n    input: - -> 10\n');
    expect(dry.stdout).toContain('~ gpt-5 (changed)\n    contextTokens: 400000 -> 272000\n');
    expect(dry.stdout).toContain('  1 skipped (provider "xai"): xai/grok-4\n');
    expect(dry.stdout).toContain('  field not taken: input_cost_per_token_batches (1 models)\n');
    expect(dry.stdout).toMatch(/\nDry run: 3 new, 4 changed, 4 unchanged\. Nothing was changed\.\n$/);
    expect(JSON.parse((await run('list', '--search', 'o3-deep', '--json')).stdout)).toEqual([]);
    const imported = await run(...args);
    expect(imported.stdout).toMatch(
      /\nImported: 3 new, 4 changed, 4 unchanged, from 2026-11-22 on\. In force: book-/,
    );
    expect((await run(...args)).stdout).toMatch(/\n0 new, 0 changed, 11 unchanged\. Still in force: book-/);
    expect((await run('versions')).stdout.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^book-\S+ +import +yes +\S+ +monthly$/),
      expect.stringMatching(/^builtin-\S+ +built-in +- /),
    ]);
  });

  it('[MON-2] rerate: plan, show, book, and once more', async () => {
    const planned = await run('rerate', 'plan', ...PERIOD, '--unpriced-only', '--user', 'payer@example.com');
    const [first = '', ...lines] = planned.stdout.trim().split('\n');
    expect(first).toMatch(
      /^rrp_\w+: 1 attempts with book-\S+, 1 at another cost, 0 without a price; 1 users; 28 USD in all$/,
    );
    expect(lines[1]).toMatch(/^payer@example\.com +1 +28 +-28$/);
    expect(lines[3]).toMatch(/^o3-deep-research +1 +14 +28$/);
    const id = first.split(':')[0] ?? '';
    expect(lines.at(-1)).toBe(`Not booked. To book: tollgate prices rerate book ${id}`);
    expect((await run('rerate', 'show', id)).stdout).toBe(planned.stdout);
    expect((await run('rerate', 'book', id)).stdout).toBe(`${id}: 1 attempts booked\n`);
    expect((await run('rerate', 'book', id)).stdout).toBe(
      `${id}: 1 attempts, booked before; nothing moved now\n`,
    );
    expect((await run('rerate', 'show', id)).stdout).toMatch(/\nBooked at 20\S+\.\n$/);
    const [user] = await control.db.select({ balance: schema.users.balance }).from(schema.users);
    expect(user?.balance).toBe('-28.000000000000');
  });

  it('[CTL-5] says what is wrong, without a stack', async () => {
    const missing = await run('import', '/nowhere/prices.json');
    expect([missing.code, missing.stdout]).toEqual([1, '']);
    expect(missing.stderr).toMatch(/^tollgate: ENOENT/);
    expect(await run('import', fileURLToPath(import.meta.url))).toMatchObject({
      code: 1,
      stderr: 'tollgate: file: the file is not JSON\n',
    });
    expect((await run('rerate', 'book', 'rrp_0')).stderr).toBe('tollgate: planId: no such plan\n');
    expect((await run('rerate', 'plan', '--from', 'x')).code).toBe(2);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTollgateClient } from '@tollgate/api';
import { formatUsd, parseUsd, picoUsd } from '@tollgate/core';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { ADMIN_TOKEN } from '../harness/fleet.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { startTollgate, type TollgateProcess } from '../harness/tollgate-process.ts';
import type { UsageRow } from '../harness/usage.ts';

const ROUNDS = 5;
const CLIENTS = 16;
const random = createSeededRandom('kill-gateway');

/**
 * kill -9 at random moments under load, embedded: every request that a client saw answered is in Postgres after
 * the restart, once, settled; the ledger equals the rows; nothing that was open is billed.
 */
describe('kill -9 of the gateway', () => {
  let simulator: Simulator;
  let folder: string;
  beforeAll(async () => {
    simulator = await startSimulator();
    simulator.setScript(() => ({ delayEventsMs: 1 }));
    folder = mkdtempSync(join(tmpdir(), 'tollgate-kill-'));
    writeFileSync(
      join(folder, 'config.yaml'),
      buildConfig({
        accounts: [{ name: 'a1', base_url: simulator.url, concurrency: 0 }],
        users: [{ email: 'u@example.com', balance: '1000', concurrency: 0, rpm: 0 }],
      }),
    );
  });
  afterAll(async () => {
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = () =>
    startTollgate(
      [
        'up',
        '--config',
        join(folder, 'config.yaml'),
        '--data-dir',
        join(folder, 'data'),
        '--gateway-port',
        '0',
        '--control-port',
        '0',
      ],
      {
        TOLLGATE_OUTBOUND_ALLOW: '127.0.0.0/8',
        TOLLGATE_ADMIN_TOKEN: ADMIN_TOKEN,
        TOLLGATE_LOG_LEVEL: 'error',
      },
    );

  it('[MON-5] [MON-6] loses no answered request and bills none twice', { timeout: 180_000 }, async () => {
    const answered = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const gateway = await start();
      const before = answered.size;
      const load = runClients(gateway.ready['gateway'] ?? '', answered);
      for (let tries = 0; tries < 500 && answered.size === before; tries += 1) await sleep(20);
      await sleep(random() * 900);
      await gateway.kill();
      await load;
    }
    const last = await start();
    const rows = await readAllRows(last, answered.size);
    const settled = new Map(
      rows.filter(({ state }) => state === 'settled').map((row) => [row.request_id, row]),
    );

    expect(answered.size).toBeGreaterThan(ROUNDS);
    expect([...answered.keys()].filter((id) => !settled.has(id))).toEqual([]);
    expect([...answered].filter(([id, tokens]) => settled.get(id)?.output_tokens !== tokens)).toEqual([]);
    expect(new Set(rows.map(({ attempt_id }) => attempt_id)).size).toBe(rows.length);
    const spent = rows.reduce((sum, row) => sum + parseUsd(row.actual_cost_usd), 0n);
    expect(await readBalance(last)).toBe(formatUsd(picoUsd(parseUsd('1000') - spent)));
    expect(
      rows.filter(({ state }) => state === 'unknown').every(({ actual_cost_usd }) => actual_cost_usd === '0'),
    ).toBe(true);
    expect(await last.stop()).toBe(0);
  });
});

/** Closed-loop clients, half of them streaming, until the gateway dies. Notes what was answered to its end. */
async function runClients(gateway: string, answered: Map<string, number>): Promise<void> {
  const client = async (index: number): Promise<void> => {
    for (;;) {
      try {
        const answer = await postMessages(gateway, buildMessage({ stream: index % 2 === 0 }));
        const text = await answer.text();
        const isWhole = index % 2 === 0 ? text.includes('event: message_stop') : text.endsWith('}');
        const tokens = [...text.matchAll(/"output_tokens":\s*(\d+)/g)].at(-1)?.[1];
        if (answer.status === 200 && isWhole)
          answered.set(answer.headers.get('x-request-id') ?? '', Number(tokens));
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
}

async function readAllRows(gateway: TollgateProcess, countMin: number): Promise<UsageRow[]> {
  const admin = createTollgateClient({ url: gateway.ready['control'] ?? '', token: ADMIN_TOKEN });
  for (let tries = 0; ; tries += 1) {
    const rows: UsageRow[] = [];
    let cursor: string | undefined;
    do {
      const page = await admin.usage.list.query({ limit: 500, ...(cursor === undefined ? {} : { cursor }) });
      rows.push(...(page.items as UsageRow[]));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    if (rows.filter(({ state }) => state === 'settled').length >= countMin || tries > 50) return rows;
    await sleep(100);
  }
}

async function readBalance(gateway: TollgateProcess): Promise<string> {
  const admin = createTollgateClient({ url: gateway.ready['control'] ?? '', token: ADMIN_TOKEN });
  return (await admin.users.get.query({ email: 'u@example.com' })).balance;
}

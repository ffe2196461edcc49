import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, startPostgresServer, startRedisServer } from '@tollgate/testkit';
import { buildMessage } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { runTollgate, startTollgate } from '../harness/tollgate-process.ts';
import { runLoad, type LoadResult } from './load.ts';
import { startNginx } from './nginx.ts';
import { describeMachine, writeSection } from './page-section.ts';

/**
 * The gateway with everything on (keys, limits, slots, balances in Redis, journal, Postgres) beside nginx's plain
 * proxy, in one run, in paired rounds: figures mean something only as ratios. `--write` puts them in the docs.
 */
const ROUNDS = 5;
const SECONDS = 4;
/** Until the gateway's code is compiled: its CPU time a request still falls in the first seconds. */
const WARM_UP_SECONDS = 10;
/** Few, and as many as an LLM gateway holds where answers take seconds. */
const CONNECTIONS = [64, 1_000];
const USERS = 200;
const ADMIN_TOKEN = `tga_${randomBytes(24).toString('base64url')}`;

const usage = { input_tokens: 20, output_tokens: 12 };
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage,
};
const event = (data: { type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const CASES = [
  {
    name: 'plain answer',
    contentType: 'application/json',
    answer: JSON.stringify({
      ...message,
      content: [{ type: 'text', text: 'Hello there, how are you?' }],
      stop_reason: 'end_turn',
    }),
    body: buildMessage(),
  },
  {
    name: 'streamed answer, 10 events',
    contentType: 'text/event-stream',
    answer: [
      event({ type: 'message_start', message } as { type: string }),
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as {
        type: string;
      }),
      ...Array.from({ length: 5 }, () =>
        event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello ' } } as {
          type: string;
        }),
      ),
      event({ type: 'content_block_stop', index: 0 } as { type: string }),
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 12 } } as {
        type: string;
      }),
      event({ type: 'message_stop' }),
    ].join(''),
    body: buildMessage({ stream: true }),
  },
];

interface Pair {
  nginx: LoadResult;
  gateway: LoadResult;
}

const keys = Array.from({ length: USERS }, (_, index) => `sk-bench-${String(index).padStart(12, '0')}`);
const redis = await startRedisServer();
const postgres = await startPostgresServer();
const lines: string[] = [];
try {
  for (const each of CASES) lines.push(...(await measure(each)));
} finally {
  await redis.stop();
  await postgres.stop();
}
process.stdout.write(`${lines.join('\n')}\n`);
if (process.argv.includes('--write')) writeSection('bench', [describeMachine(), '', ...lines]);

async function measure(each: (typeof CASES)[number]): Promise<string[]> {
  const nginx = await startNginx({ contentType: each.contentType, body: each.answer });
  const database = await createTestDatabase(postgres.url);
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    TOLLGATE_REDIS_PREFIX: `bench${randomBytes(4).toString('hex')}:`,
    TOLLGATE_SECRET_KEY: randomBytes(32).toString('base64'),
    TOLLGATE_OUTBOUND_ALLOW: '127.0.0.0/8',
    TOLLGATE_ADMIN_TOKEN: ADMIN_TOKEN,
    TOLLGATE_LOG_LEVEL: 'error',
  };
  const control = await startTollgate(
    ['control', '--control-port', '0', '--data-dir', join(folder, 'control')],
    env,
  );
  const file = join(folder, 'config.yaml');
  writeFileSync(file, buildBenchConfig(nginx.upstreamUrl));
  await runTollgate(['apply', file], {
    TOLLGATE_URL: control.ready['control'] ?? '',
    TOLLGATE_TOKEN: ADMIN_TOKEN,
  });
  const gateway = await startTollgate(
    ['gateway', '--gateway-port', '0', '--data-dir', join(folder, 'node')],
    env,
  );
  try {
    const gatewayAt = { url: gateway.ready['gateway'] ?? '', pid: gateway.child.pid ?? 0 };
    const found = [`### ${each.name}`, ''];
    for (const connections of CONNECTIONS)
      found.push(
        ...summarize(connections, await runRounds({ body: each.body, connections }, nginx, gatewayAt)),
      );
    return found;
  } finally {
    await gateway.stop();
    await control.stop();
    nginx.stop();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runRounds(
  load: { body: string; connections: number },
  nginx: Awaited<ReturnType<typeof startNginx>>,
  { url, pid }: { url: string; pid: number },
): Promise<Pair[]> {
  const shared = { ...load, keys, seconds: SECONDS };
  await runLoad({ ...shared, seconds: WARM_UP_SECONDS, url, pids: [pid] });
  const pairs: Pair[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    pairs.push({
      nginx: await runLoad({ ...shared, url: nginx.proxyUrl, pids: nginx.proxyPids() }),
      gateway: await runLoad({ ...shared, url, pids: [pid] }),
    });
  }
  return pairs;
}

function buildBenchConfig(upstream: string): string {
  const users = keys.map((_, index) => `u${index}@example.com`);
  return buildConfig({
    accounts: Array.from({ length: 10 }, (_, index) => ({
      name: `a${index}`,
      base_url: upstream,
      concurrency: 1_000,
    })),
    users: users.map((email) => ({ email, balance: '1000000', concurrency: 1_000, rpm: 10_000_000 })),
    keys: keys.map((key, index) => ({ user: users[index], name: 'k', groups: ['main'], key })),
  });
}

function summarize(connections: number, pairs: Pair[]): string[] {
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const of = (pick: (pair: Pair) => number) => median(pairs.map(pick));
  const errors = pairs.reduce((sum, pair) => sum + pair.gateway.errors + pair.nginx.errors, 0);
  const row = (who: 'nginx' | 'gateway') =>
    `| ${who} | ${of((pair) => pair[who].requestsPerSecond).toFixed(0)} | ${of((pair) => pair[who].cpuUsPerRequest).toFixed(1)} | ${of((pair) => pair[who].p50Ms).toFixed(2)} | ${of((pair) => pair[who].p99Ms).toFixed(2)} |`;
  return [
    `| ${connections} connections, median of ${pairs.length} paired rounds | requests/s | CPU µs/request | p50 ms | p99 ms |`,
    '|---|---|---|---|---|',
    row('nginx'),
    row('gateway'),
    '',
    `- rate, gateway / nginx: **${of((pair) => pair.gateway.requestsPerSecond / pair.nginx.requestsPerSecond).toFixed(2)}**`,
    `- rate per core (by CPU time, all threads), gateway / nginx: **${of((pair) => pair.nginx.cpuUsPerRequest / pair.gateway.cpuUsPerRequest).toFixed(2)}**`,
    `- failed requests: ${errors}`,
    '',
  ];
}

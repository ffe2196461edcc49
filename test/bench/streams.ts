import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, startPostgresServer, startRedisServer, startSimulator } from '@tollgate/testkit';
import { buildConfig } from '../harness/config.ts';
import { runTollgate, startTollgate } from '../harness/tollgate-process.ts';
import { callWire, WIRE, WIRE_MODELS, type Wire } from '../harness/wire-client.ts';
import { readCpuUs } from './load.ts';
import { describeMachine, writeSection } from './page-section.ts';

/**
 * What an event of a stream costs the gateway, passed and translated, with everything on. Events come one by one, as
 * from a model; the gateway's CPU time by the events, in rounds that go through all cases in turn. `--write` puts the
 * table in the docs.
 */
const ROUNDS = 3;
const STREAMS = 60;
const PIECES = 200;
const GAP_MS = 10;
const ADMIN_TOKEN = `tga_${randomBytes(24).toString('base64url')}`;
/** The simulator sends twelve characters an event. */
const TEXT = Array.from({ length: PIECES }, (_, index) => `piece ${index % 10} text`).join('');
const PLATFORMS: Record<Wire, string> = {
  messages: 'anthropic',
  chat: 'openai',
  responses: 'openai',
  gemini: 'gemini',
};
const keyOf = (wire: Wire): string => `sk-bench-${wire}-0123456789`;

const PAIRS = WIRE.flatMap((upstream) => WIRE.map((client) => ({ client, upstream })));

const redis = await startRedisServer();
const postgres = await startPostgresServer();
const database = await createTestDatabase(postgres.url);
const simulator = await startSimulator();
simulator.setScript(() => ({ text: TEXT, delayEventsMs: GAP_MS }));
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
const control = await startTollgate(['control', '--control-port', '0', '--data-dir', join(folder, 'c')], env);
const file = join(folder, 'config.yaml');
writeFileSync(file, buildStreamConfig(simulator.url));
await runTollgate(['apply', file], {
  TOLLGATE_URL: control.ready['control'] ?? '',
  TOLLGATE_TOKEN: ADMIN_TOKEN,
});
const gateway = await startTollgate(['gateway', '--gateway-port', '0', '--data-dir', join(folder, 'n')], env);

const costs = new Map(PAIRS.map(({ client, upstream }) => [`${client} ${upstream}`, [] as number[]]));
try {
  // The first round is for the compiler.
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const { client, upstream } of PAIRS) {
      const us = await measure(client, upstream);
      if (round >= 0) costs.get(`${client} ${upstream}`)?.push(us);
    }
  }
} finally {
  await gateway.stop();
  await control.stop();
  await simulator.stop();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
  await redis.stop();
  await postgres.stop();
}
const lines = renderLines();
process.stdout.write(`${lines.join('\n')}\n`);
if (process.argv.includes('--write')) writeSection('bench:streams', [describeMachine(), '', ...lines]);

/** The gateway's CPU time, µs an event. Throws when a stream is not whole. */
async function measure(client: Wire, upstream: Wire): Promise<number> {
  const pids = [gateway.child.pid ?? 0];
  const before = readCpuUs(pids);
  const options = {
    stream: true,
    model: WIRE_MODELS[upstream],
    key: keyOf(upstream),
    // The harness asks Messages for few.
    ...(client === 'messages' && { fields: { max_tokens: 20_000 } }),
  };
  const texts = await Promise.all(
    Array.from({ length: STREAMS }, async () => {
      const answer = await callWire(gateway.ready['gateway'] ?? '', client, options);
      return answer.text();
    }),
  );
  const cut = texts.find((text) => text.split('piece ').length <= PIECES);
  if (cut !== undefined) throw new Error(`${client} to ${upstream}: ${cut.slice(0, 200)}`);
  return (readCpuUs(pids) - before) / (STREAMS * PIECES);
}

function buildStreamConfig(url: string): string {
  return buildConfig({
    groups: WIRE.map((name) => ({ name, platform: PLATFORMS[name], rate_multiplier: '1.0', rpm: 0 })),
    accounts: WIRE.map((name) => ({
      name,
      platform: PLATFORMS[name],
      base_url: url,
      concurrency: 1_000,
      groups: [name],
      ...(PLATFORMS[name] === 'openai' && { upstream_protocol: name }),
    })),
    users: [{ email: 'u@example.com', balance: '1000000', concurrency: 1_000, rpm: 0 }],
    keys: WIRE.map((name) => ({ user: 'u@example.com', name, groups: [name], key: keyOf(name) })),
  });
}

function renderLines(): string[] {
  const median = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
  const of = (client: Wire, upstream: Wire): number => median(costs.get(`${client} ${upstream}`) ?? []);
  const cell = (client: Wire, upstream: Wire): string => {
    const us = of(client, upstream);
    if (client === upstream) return `${us.toFixed(1)} µs`;
    return `${us.toFixed(1)} µs, **${(us / of(upstream, upstream)).toFixed(2)}**`;
  };
  return [
    `${STREAMS} streams at once, an event each ${GAP_MS} ms, ${PIECES} pieces of text each; median of ${ROUNDS} rounds. CPU of the`,
    'gateway for each event; behind it, the ratio to the same upstream passed on.',
    '',
    `| upstream | ${WIRE.map((client) => `${client} client`).join(' | ')} |`,
    `|---|${WIRE.map(() => '---').join('|')}|`,
    ...WIRE.map(
      (upstream) => `| ${upstream} | ${WIRE.map((client) => cell(client, upstream)).join(' | ')} |`,
    ),
  ];
}

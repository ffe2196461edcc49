import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { createTollgateClient, type TollgateClient } from '@tollgate/api';
import { startSimulator } from '@tollgate/testkit';
import { startUp } from '../start-up.ts';

const KEY = 'sk-demo-0123456789abcdef';
/** Slow enough to see the text come. */
const EVENT_DELAY_MS = 60;
const ANSWER = 'It lets you pass, counts you once, and keeps the change exact. Nobody goes through unseen.';
const MODEL = 'claude-sonnet-5-5';

/** The whole product in a minute: nothing is left behind but the terminal's output. */
export async function runDemo(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-demo-'));
  const simulator = await startSimulator();
  simulator.setScript(() => ({ text: ANSWER, delayEventsMs: EVENT_DELAY_MS }));
  const system = await startUp({
    env: {
      ...process.env,
      TOLLGATE_DATA_DIR: folder,
      TOLLGATE_GATEWAY_PORT: '0',
      TOLLGATE_CONTROL_PORT: '0',
      TOLLGATE_OUTBOUND_ALLOW: '127.0.0.0/8',
      TOLLGATE_LOG_LEVEL: 'warn',
    },
    configText: buildDemoConfig(simulator.url),
  });
  try {
    console.log(
      `Gateway on ${system.gatewayUrl}, control plane on ${system.controlUrl}, simulated upstream on ${simulator.url}.\n`,
    );
    const sdk = new Anthropic({ baseURL: system.gatewayUrl, apiKey: KEY });
    await streamAnswer(sdk);
    await printPlainAnswer(sdk);
    await printBill(createTollgateClient({ url: system.controlUrl, token: system.adminToken ?? '' }));
    console.log(NEXT_STEPS);
  } finally {
    await system.close();
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function streamAnswer(sdk: Anthropic): Promise<void> {
  console.log('Streaming request:');
  const stream = sdk.messages.stream({
    model: MODEL,
    max_tokens: 256,
    messages: [{ role: 'user', content: 'What does a toll gate do?' }],
  });
  stream.on('text', (text) => process.stdout.write(text));
  await stream.finalMessage();
  console.log('\n');
}

async function printPlainAnswer(sdk: Anthropic): Promise<void> {
  const message = await sdk.messages.create({
    model: MODEL,
    max_tokens: 256,
    messages: [{ role: 'user', content: 'Say hello.' }],
  });
  console.log('Plain request:');
  console.log(message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''), '\n');
}

async function printBill(admin: TollgateClient): Promise<void> {
  const rows = await waitForRows(admin, 2);
  for (const row of rows.toReversed()) {
    console.log(
      `usage: ${row.model} ${row.stream ? 'stream' : 'plain '} ${row.input_tokens} tokens in, ${row.output_tokens} out, ` +
        `${row.state}, cost ${row.actual_cost_usd} USD`,
    );
  }
  const user = await admin.users.get.query({ email: 'demo@example.com' });
  console.log(`balance: 10 USD before, ${user.balance} USD now\n`);
}

async function waitForRows(admin: TollgateClient, count: number) {
  for (let tries = 0; tries < 100; tries += 1) {
    const { items } = await admin.usage.list.query({ limit: 10 });
    if (items.length >= count) return items;
    await sleep(50);
  }
  throw new Error('the usage rows did not arrive within 5 s');
}

function buildDemoConfig(upstreamUrl: string): string {
  return `
groups:
  - { name: main, platform: anthropic, rate_multiplier: "1.0", rpm: 0 }
accounts:
  - { name: simulator, platform: anthropic, kind: api-key, base_url: "${upstreamUrl}", credentials: { api_key: sk-up }, concurrency: 100, priority: 50, groups: [main] }
users:
  - { email: demo@example.com, balance: "10.00", concurrency: 50, rpm: 0 }
keys:
  - { user: demo@example.com, name: demo, groups: [main], key: ${KEY} }
`;
}

const NEXT_STEPS = `Go on: put your upstream key into tollgate.example.yaml, then "npm start" keeps the gateway running:
  curl http://127.0.0.1:8787/v1/messages -H "x-api-key: sk-local-0123456789abcdef" -H "anthropic-version: 2023-06-01" \\
    -H "content-type: application/json" -d '{"model":"${MODEL}","max_tokens":64,"messages":[{"role":"user","content":"Hello"}]}'
Claude Code:
  export ANTHROPIC_BASE_URL=http://127.0.0.1:8787 ANTHROPIC_AUTH_TOKEN=sk-local-0123456789abcdef
  claude`;

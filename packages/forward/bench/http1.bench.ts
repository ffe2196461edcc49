/**
 * CPU per request of both upstream clients, and of the lean one with an attempt around it, in one paired run
 * against an upstream process of its own: `node packages/forward/bench/http1.bench.ts [requests] [parallel]`.
 * Only the ratio means anything; the machine's speed changes.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { DEFAULT_DEADLINES, systemClock } from '@tollgate/core';
import { buildConnector } from 'undici';
import {
  createDeadlineTicker,
  createHttp1Client,
  createUndiciClient,
  forwardAttempt,
  type UpstreamClient,
  type UpstreamHandler,
  type UpstreamRequest,
} from '../src/index.ts';

const ROUNDS = 7;
const requests = Number(process.argv[2] ?? 30_000);
const parallel = Number(process.argv[3] ?? 32);
const only = process.argv[4];

const upstream = fork(new URL('./bench-upstream.ts', import.meta.url), { execArgv: [] });
const [port] = await once(upstream, 'message');
const request: UpstreamRequest = {
  method: 'POST',
  origin: `http://127.0.0.1:${port}`,
  path: '/v1/messages',
  headers: {
    'content-type': 'application/json',
    'x-api-key': 'sk-ant-0123456789012345678901234567890123456789',
    'anthropic-version': '2023-06-01',
    'user-agent': 'claude-cli/2.0.14 (external, cli)',
    accept: 'application/json',
  },
  body: Buffer.alloc(600, 'a'),
  connectTimeoutMs: 2000,
};

const lean = createHttp1Client({
  policy: { openSocket: ({ isTls: _isTls, ...options }) => connectPlain(options) },
});
const undici = createUndiciClient({
  policy: { createConnector: ({ timeoutMs }) => buildConnector({ allowH2: false, timeout: timeoutMs }) },
});
const ticker = createDeadlineTicker(systemClock);

const NO_METER = {
  push() {},
  end() {},
  firstContentAt: null,
  error: null,
  isComplete: false,
  isBroken: false,
};
const NO_SINK = { startStream() {}, write: () => true };

type Runner = () => Promise<void>;

const runners: Record<string, Runner> = {
  undici: () => runClient(undici),
  http1: () => runClient(lean),
  'http1 + attempt': () => runAttempts(lean),
};

const results: Record<string, number[]> = {};
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const [name, run] of Object.entries(runners)) {
    if (only !== undefined && only !== name) continue;
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    // The first round warms up.
    if (round > 0) (results[name] ??= []).push((user + system) / requests);
  }
}
for (const [name, costs] of Object.entries(results)) {
  const sorted = costs.toSorted((a, b) => a - b);
  process.stdout.write(
    `${name.padEnd(18)} median ${sorted[sorted.length >> 1]?.toFixed(2)} µs CPU a request, best ${sorted[0]?.toFixed(2)}\n`,
  );
}
await Promise.all([lean.close(), undici.close()]);
upstream.disconnect();

function runClient(client: UpstreamClient): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let started = 0;
  let ended = 0;
  let bytes = 0;
  const handler: UpstreamHandler = {
    onHeaders() {},
    onData(chunk) {
      bytes += chunk.length;
    },
    onEnd() {
      ended += 1;
      if (ended === requests) resolve();
      else if (started < requests) start();
    },
    onError(fault) {
      reject(new Error(`${fault.kind}: ${fault.detail}`));
    },
  };
  function start(): void {
    started += 1;
    client.send(request, handler);
  }
  for (let i = 0; i < parallel; i += 1) start();
  return promise;
}

async function runAttempts(client: UpstreamClient): Promise<void> {
  let started = 0;
  const work = async (): Promise<void> => {
    while (started < requests) {
      started += 1;
      const end = await attempt(client);
      if (end !== 'answered-json') throw new Error(end);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

async function attempt(client: UpstreamClient): Promise<string> {
  const { kind } = await forwardAttempt({
    client,
    request,
    wantsStream: false,
    meter: NO_METER,
    sink: NO_SINK,
    deadlines: DEFAULT_DEADLINES,
    totalDeadlineAtMs: systemClock.monotonicMs() + 60_000,
    clock: systemClock,
    ticker,
    isWholeJson: () => true,
    beforeFinish: () => {},
  }).ended;
  return kind;
}

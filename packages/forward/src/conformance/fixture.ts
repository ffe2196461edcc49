import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect } from 'vitest';
import { createHttp1Client, type Http1ClientOptions } from '../http1/http1-client.ts';
import type { UpstreamClient, UpstreamRequest } from '../port.ts';
import { openGuard } from '../test-upstream/open-guard.ts';
import { RecordingHandler } from '../test-upstream/recording-handler.ts';
import { ScriptedUpstream, type UpstreamScript } from '../test-upstream/scripted-upstream.ts';
import { createUndiciClient, type UndiciClientOptions } from '../undici/undici-client.ts';

type Options = Partial<UndiciClientOptions & Http1ClientOptions>;

export interface ClientUnderTest {
  open(options?: Options): UpstreamClient;
  /** One request on a client and an upstream of its own. */
  run(script: UpstreamScript, overrides?: Partial<UpstreamRequest>): Promise<RecordingHandler>;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function build(create: (options: Options) => UpstreamClient): ClientUnderTest {
  const open = (options: Options = {}): UpstreamClient => {
    const client = create(options);
    closers.push(() => client.close());
    return client;
  };
  return {
    open,
    async run(script, overrides = {}) {
      const upstream = await serve(script);
      return send(open(), post(upstream.origin, overrides));
    },
  };
}

const lean = build((options) => createHttp1Client({ policy: openGuard, ...options }));
const undici = build((options) => createUndiciClient({ policy: openGuard, ...options }));

/** All that stands behind the port. */
export const CLIENTS: [name: string, client: ClientUnderTest][] = [
  ['http1', lean],
  ['undici', undici],
];

/** The product's own; for what only it promises. */
export const { open: openLean, run: runLean } = lean;

export async function serve(
  script: UpstreamScript,
  tls?: { key: string; cert: string },
): Promise<ScriptedUpstream> {
  const upstream = await ScriptedUpstream.start(script, tls);
  closers.push(() => upstream[Symbol.asyncDispose]());
  return upstream;
}

export const post = (origin: string, overrides: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  method: 'POST',
  origin,
  path: '/v1/messages?beta=true',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{"model":"m"}'),
  connectTimeoutMs: 2000,
  ...overrides,
});

/** One request to its end. */
export async function send(client: UpstreamClient, request: UpstreamRequest): Promise<RecordingHandler> {
  const handler = new RecordingHandler();
  client.send(request, handler);
  await handler.over;
  return handler;
}

export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i += 1) await sleep(5);
  expect(condition()).toBe(true);
}

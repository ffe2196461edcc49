import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decodeOutcome,
  type AttemptBatch,
  silentLogger,
  splitAttemptBatch,
  ZERO_USD,
  type AttemptOutcome,
} from '@tollgate/core';
import { createLocalStore } from '@tollgate/store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startGateway } from './compose.ts';
import { parseGatewayConfig } from './config.ts';
import { buildBody } from './testing/build-context.ts';
import { buildAccount, buildGroup, buildKey, buildPool, GROUP_ID } from './testing/build-snapshots.ts';
import { MemoryPriceSource } from './testing/memory-price-source.ts';
import { MemoryQuotaSource } from './testing/memory-quota-source.ts';
import { MemorySource } from './testing/memory-source.ts';
import { overrideStore } from './testing/override-store.ts';

const KEY = 'sk-test-0123456789';

describe('compose', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-compose-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function buildParts(env: Record<string, string> = {}) {
    const real = createLocalStore();
    const source = new MemorySource();
    source.keys.set(hash('sha256', KEY), buildKey());
    const live = { subscriptions: 0 };
    const store = overrideStore(real, {
      async subscribe(onInvalidation) {
        const end = await real.subscribe(onInvalidation);
        live.subscriptions += 1;
        return async () => {
          live.subscriptions -= 1;
          await end();
        };
      },
    });
    const config = parseGatewayConfig({ TOLLGATE_DATA_DIR: folder, TOLLGATE_GATEWAY_PORT: '0', ...env });
    const parts = {
      config,
      store,
      source,
      tokenQuotas: new MemoryQuotaSource(),
      windowCosts: { sumWindowCost: async () => ZERO_USD },
      prices: new MemoryPriceSource(),
      sink: { book: async () => {} },
      decisions: { write: async () => {} },
      openSecret: (sealed: string) => sealed,
      logger: silentLogger,
    };
    return { parts, live, source };
  }

  it('[OPS-11] serves, hears of changes, and puts everything away', async () => {
    const { parts, live, source } = buildParts();
    const gateway = await startGateway(parts);
    const ask = async () =>
      (await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': KEY, connection: 'close' } }))
        .status;
    expect((await fetch(`${gateway.url}/ready`, { headers: { connection: 'close' } })).status).toBe(200);
    expect([live.subscriptions, await ask()]).toEqual([1, 200]);
    source.keys.clear();
    await parts.store.publish([{ scope: 'key', keyHash: hash('sha256', KEY) }]);
    expect(await ask()).toBe(401);
    await Promise.all([gateway.close(), gateway.close()]);
    expect(live.subscriptions).toBe(0);
    // The journal's folder is free again.
    await (await startGateway(parts)).close();
  });

  it('[AUTH-6] announces itself, and acknowledges what it has applied', async () => {
    const { parts } = buildParts({ TOLLGATE_NODE_LABEL: 'left.1' });
    const gateway = await startGateway(parts);
    const number = await parts.store.publish([{ scope: 'all' }, { scope: 'price' }]);
    await vi.waitFor(async () => expect((await parts.store.listNodes()).nodes).toMatchObject([{ number }]));
    const { nodes } = await parts.store.listNodes();
    expect(nodes[0]?.about).toMatchObject({ version: '0.1.0', label: 'left.1', inFlight: 0 });
    await gateway.close();
  });

  it('[MON-6] a stop that cuts an answer closes its attempt first', async () => {
    const asked = Promise.withResolvers<void>();
    const upstream = createHttpServer(() => asked.resolve());
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const { port } = upstream.address() as AddressInfo;
    const { parts, source } = buildParts({
      TOLLGATE_DRAIN_MS: '0',
      TOLLGATE_OUTBOUND_ALLOW: '127.0.0.1',
    });
    source.pools.set(GROUP_ID, buildPool([buildAccount({ baseUrl: `http://127.0.0.1:${port}` })]));
    const booked: (AttemptOutcome | null)[] = [];
    const gateway = await startGateway({
      ...parts,
      sink: {
        book: async (batch) =>
          void booked.push(...splitAttemptBatch(batch).map((text) => decodeOutcome(text))),
      },
    });
    const headers = { 'x-api-key': KEY };
    const asking = fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers, body: buildBody() });
    const outcome = asking.catch((fault: unknown) => fault);
    await asked.promise;
    await gateway.close();
    expect(await outcome).toBeInstanceOf(TypeError);
    expect(booked).toMatchObject([{ state: 'failed', status: 499 }]);
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  });

  /** A client has hung up on an upstream that has not answered, and its group reads on. */
  const hangUp = async (drainMs: string) => {
    const asked = Promise.withResolvers<ServerResponse>();
    const upstream = createHttpServer((_, response) => asked.resolve(response));
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const { port } = upstream.address() as AddressInfo;
    const { parts, source } = buildParts({
      TOLLGATE_DRAIN_MS: drainMs,
      TOLLGATE_OUTBOUND_ALLOW: '127.0.0.1',
    });
    source.pools.set(GROUP_ID, buildPool([buildAccount({ baseUrl: `http://127.0.0.1:${port}` })]));
    source.keys.set(hash('sha256', KEY), buildKey({ groups: [buildGroup({ hangUp: 'drain' })] }));
    const booked: (AttemptOutcome | null)[] = [];
    const book = async (batch: AttemptBatch) =>
      void booked.push(...splitAttemptBatch(batch).map((text) => decodeOutcome(text)));
    const gateway = await startGateway({ ...parts, sink: { book } });
    const client = new AbortController();
    const asking = fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': KEY },
      body: buildBody(),
      signal: client.signal,
    }).catch(() => null);
    const response = await asked.promise;
    client.abort();
    await asking;
    const closeUpstream = async () => {
      upstream.closeAllConnections();
      await new Promise((resolve) => upstream.close(resolve));
    };
    return { gateway, booked, response, closeUpstream };
  };

  it('[OPS-11] [MON-7] a stop waits for an answer that is read on without its client', async () => {
    const { gateway, booked, response, closeUpstream } = await hangUp('20000');
    const closing = gateway.close();
    setTimeout(() => {
      response.setHeader('content-type', 'application/json');
      response.end('{"id":"msg_1","usage":{"input_tokens":3,"output_tokens":4}}');
    }, 100);
    await closing;
    expect(booked).toMatchObject([
      { state: 'settled', status: 499, usage: { inputTokens: 3, outputTokens: 4 } },
    ]);
    await closeUpstream();
  });

  it('[OPS-11] [MON-7] and no longer than for any other: then it is estimated', async () => {
    const { gateway, booked, closeUpstream } = await hangUp('100');
    await gateway.close();
    expect(booked).toMatchObject([{ state: 'estimated', status: 499, usage: { inputTokens: 23 } }]);
    await closeUpstream();
  });

  it('a start that fails half-way leaves nothing open', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const port = String((squatter.address() as AddressInfo).port);
    const { parts, live } = buildParts({ TOLLGATE_GATEWAY_PORT: port });
    await expect(startGateway(parts)).rejects.toThrow(port);
    expect(live.subscriptions).toBe(0);
    await new Promise((resolve) => squatter.close(resolve));
    // The journal's folder is free again.
    await (await startGateway(parts)).close();
  });
});

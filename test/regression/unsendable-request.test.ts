import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, KEY } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { buildRequest, exchangeRaw } from '../harness/raw-http.ts';
import { startTopology, type Topology } from '../harness/topology.ts';

/**
 * Bytes that our HTTP server takes and our HTTP client refuses to send. Each account was tried in turn, failed
 * before a byte had gone out, and the client heard 502 for what was its own mistake.
 */
describe('a request that no upstream can be sent', () => {
  let simulator: Simulator;
  let topology: Topology;
  const headers = { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' };
  const send = async (path: string, extra: Record<string, string> = {}): Promise<string> => {
    const request = buildRequest(path, { ...headers, ...extra, connection: 'close' }, buildMessage());
    return (await exchangeRaw(topology.gateways[0] ?? '', request, 5_000)).toString();
  };

  beforeAll(async () => {
    simulator = await startSimulator();
    const accounts = ['a1', 'a2'].map((name) => ({ name, base_url: simulator.url }));
    topology = await startTopology('embedded', buildConfig({ accounts }));
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  it('[ACC-9] a header value with a control character stays here, the request passes', async () => {
    const answer = await send('/v1/messages', { 'x-app': 'a\x7Fb', 'anthropic-beta': 'b1' });
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(simulator.requests.at(-1)?.headers).toMatchObject({ 'anthropic-beta': 'b1' });
    expect(simulator.requests.at(-1)?.headers['x-app']).toBeUndefined();
  });

  it('[REQ-4] a query that is no URI is a 400, and no attempt', async () => {
    const answer = await send('/v1/messages?beta=\u00E9');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"type":"invalid_request_error"');
    expect(simulator.requests.filter(({ path }) => path !== '/v1/messages')).toEqual([]);
  });
});

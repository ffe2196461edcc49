import { describe, expect, it } from 'vitest';
import { openLean, post, send, serve } from '../conformance/fixture.ts';
import type { UpstreamClient } from '../port.ts';
import { buildJsonAnswer } from '../test-upstream/http-text.ts';
import { createRoutingClient } from './create-routing-client.ts';

/** Writes down what it is given. */
class ListingClient implements UpstreamClient {
  readonly sent: (string | null | undefined)[] = [];
  isClosed = false;

  send(request: Parameters<UpstreamClient['send']>[0]): ReturnType<UpstreamClient['send']> {
    this.sent.push(request.proxyUrl);
    return { pause() {}, resume() {}, abort() {} };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

describe('create-routing-client', () => {
  it('[ACC-7] requests with a proxy go to the client that has them, the others past it; closes both', async () => {
    const [direct, proxied] = [new ListingClient(), new ListingClient()];
    const client = createRoutingClient({ direct, proxied });
    const handler = { onHeaders() {}, onData() {}, onEnd() {}, onError() {} };
    for (const proxyUrl of [null, 'http://p.example', undefined]) {
      client.send(post('http://up.example', proxyUrl === undefined ? {} : { proxyUrl }), handler);
    }
    expect([direct.sent, proxied.sent]).toEqual([[null, undefined], ['http://p.example']]);
    await client.close();
    expect([direct.isClosed, proxied.isClosed]).toEqual([true, true]);
  });

  it('[ACC-7] a direct client that is given a proxy by mistake sends nothing', async () => {
    const upstream = await serve(({ socket }) => socket.write(buildJsonAnswer(200, '{}')));
    const handler = await send(openLean(), post(upstream.origin, { proxyUrl: 'http://p.example' }));
    expect(handler.fault?.kind).toBe('protocol');
    expect(upstream.requests).toBe(0);
  });
});

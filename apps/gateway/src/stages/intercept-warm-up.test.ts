import { ZERO_USD, type AccountId, type AccountSnapshot } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { ACCOUNT_ID, buildAccount, buildPool, GROUP_ID, MODEL } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { answerJson } from '../testing/fake-upstream.ts';
import { forward } from './forward.ts';
import { interceptWarmUp } from './intercept-warm-up.ts';

const WARM_UP = { messages: [{ role: 'user', content: [{ type: 'text', text: 'Warmup' }] }] };

function setUp(fields: object = WARM_UP, changes: Partial<AccountSnapshot> = { interceptsWarmUps: true }) {
  const services = buildServices();
  services.source.pools.set(GROUP_ID, buildPool([buildAccount(changes)]));
  services.upstream.answer = answerJson(200, { id: 'msg_up', usage: { input_tokens: 1, output_tokens: 1 } });
  return { services, ...buildParsedContext(fields) };
}

describe('intercept-warm-up', () => {
  it('[WARM-1] a plain answer: no upstream, no slot, no sticky session, a row of cost 0', async () => {
    const { services, context, writer } = setUp();
    context.answerHeaders['x-ratelimit-limit-requests'] = '9';
    expect(await forward(context, services)).toBeNull();
    expect(JSON.parse(writer.body)).toMatchObject({
      id: 'msg_mock_warmup',
      model: MODEL,
      content: [{ type: 'text', text: 'New Conversation' }],
      usage: { input_tokens: 10, output_tokens: 2 },
    });
    expect([writer.status, writer.headers]).toEqual([
      200,
      { 'content-type': 'application/json', 'x-tollgate-warmup': '1', 'x-ratelimit-limit-requests': '9' },
    ]);
    expect(services.upstream.calls).toEqual([]);
    const { store, journal } = services;
    expect(await store.countSlots({ kind: 'account', accountId: ACCOUNT_ID })).toBe(0);
    expect(await store.listStickyBindings({ cursor: null, limit: 9 })).toMatchObject({ bindings: [] });
    expect(journal.closed).toMatchObject([
      { accountId: ACCOUNT_ID, state: 'settled', status: 200, standardCost: ZERO_USD, actualCost: ZERO_USD },
    ]);
    expect(context.tokensUsed).toBe(0);
  });

  it('[WARM-1] a stream: seven events in order, apart in time', async () => {
    const { services, context, writer } = setUp({ ...WARM_UP, stream: true });
    const times: number[] = [];
    writer.onWrite = () => times.push(performance.now());
    expect(await interceptWarmUp(context, services)).toBe(true);
    expect(writer.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-tollgate-warmup': '1' });
    expect([...writer.body.matchAll(/^event: (.+)$/gmu)].map(([, name]) => name)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(writer.state).toBe('ended');
    // Timers may be a little early, never in one go.
    for (const [index, time] of times.slice(1).entries())
      expect(time - (times[index] ?? time)).toBeGreaterThan(10);
  });

  it('[WARM-1] [LIM-6] a stream that a ping has begun goes on', async () => {
    const { services, context, writer } = setUp({ ...WARM_UP, stream: true });
    writer.startStream(200, {});
    expect(await interceptWarmUp(context, services)).toBe(true);
    expect(writer.body).toContain('message_stop');
  });

  it('[REQ-7] a client that leaves in the middle is written to no more', async () => {
    const { services, context, writer } = setUp({ ...WARM_UP, stream: true });
    let writes = 0;
    writer.onWrite = () => {
      writes += 1;
      if (writes === 2) writer.leave();
    };
    expect(await interceptWarmUp(context, services)).toBe(true);
    expect([writes, writer.state]).toEqual([2, 'aborted']);
  });

  it.each<[string, object, Partial<AccountSnapshot>]>([
    ['a request of another kind', {}, { interceptsWarmUps: true }],
    ['an account that does not want it', WARM_UP, {}],
  ])('[WARM-1] %s is sent', async (_, fields, changes) => {
    const { services, context, writer } = setUp(fields, changes);
    expect(await forward(context, services)).toBeNull();
    expect([services.upstream.calls.length, writer.headers['x-tollgate-warmup']]).toEqual([1, undefined]);
  });

  it('[WARM-1] an account of a worse priority has no say', async () => {
    const { services, context } = setUp();
    const worse = buildAccount({ id: 'acc_9' as AccountId, priority: 90, interceptsWarmUps: true });
    services.source.pools.set(GROUP_ID, buildPool([buildAccount(), worse]));
    expect(await interceptWarmUp(context, services)).toBe(false);
  });

  it('no account at all: the usual way tells why', async () => {
    const { services, context } = setUp();
    services.source.pools.set(GROUP_ID, buildPool([]));
    expect(await interceptWarmUp(context, services)).toBe(false);
    expect(services.journal.opened).toEqual([]);
  });

  it('[MON-6] a full journal: 503, as nothing is answered that is not written down', async () => {
    const { services, context, writer } = setUp();
    services.journal.isFull = true;
    await expect(interceptWarmUp(context, services)).rejects.toMatchObject({ code: 'unavailable' });
    expect(writer.state).toBe('idle');
  });
});

import { hash } from 'node:crypto';
import { TollgateError, type GroupSnapshot } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildContext, type RequestParts } from '../testing/build-context.ts';
import { buildGroup, buildKey } from '../testing/build-snapshots.ts';
import { buildServices, type TestServices } from '../testing/build-services.ts';
import { START_MS } from '../testing/manual-clock.ts';
import { authenticate } from './authenticate.ts';
import { receive } from './receive.ts';

const KEY = 'sk-test-0123456789';
const CLOSED = { allowed: false, defaultModel: null, families: {} };

type KeyChanges = Parameters<typeof buildKey>[0];

function setUp(changes: KeyChanges = {}): TestServices {
  const services = buildServices();
  services.source.keys.set(hash('sha256', KEY), buildKey(changes));
  return services;
}

/** The code of the refusal, or null. */
async function run(services: TestServices, parts: RequestParts = {}) {
  const { context } = buildContext({ headers: [['x-api-key', KEY]], ...parts });
  receive(context, false);
  const refusal = await authenticate(context, services);
  return { context, refusal, code: refusal instanceof TollgateError ? refusal.code : null };
}

describe('authenticate', () => {
  it.each<[string, RequestParts]>([
    ['Authorization', { headers: [['authorization', `Bearer ${KEY}`]] }],
    ['authorization in another case', { headers: [['authorization', `bearer   ${KEY} `]] }],
    ['x-api-key', { headers: [['x-api-key', ` ${KEY} `]] }],
    ['x-goog-api-key', { headers: [['x-goog-api-key', KEY]] }],
    [
      'Authorization before the others',
      {
        headers: [
          ['x-goog-api-key', 'other-2'],
          ['x-api-key', 'other-1'],
          ['authorization', `Bearer ${KEY}`],
        ],
      },
    ],
    [
      'x-api-key before x-goog-api-key',
      {
        headers: [
          ['x-goog-api-key', 'other-2'],
          ['x-api-key', KEY],
        ],
      },
    ],
    [
      'an empty bearer is passed over',
      {
        headers: [
          ['authorization', 'Bearer  '],
          ['x-api-key', KEY],
        ],
      },
    ],
    [
      'another scheme is passed over',
      {
        headers: [
          ['authorization', `Basic ${KEY}`],
          ['x-api-key', KEY],
        ],
      },
    ],
    [
      'an empty x-api-key is passed over',
      {
        headers: [
          ['x-api-key', ' '],
          ['x-goog-api-key', KEY],
        ],
      },
    ],
  ])('[AUTH-1] takes the key from %s', async (_, parts) => {
    expect(await run(setUp(), parts)).toMatchObject({ refusal: null });
  });

  it('[AUTH-1] the query has a key on Gemini routes only', async () => {
    const parts = { headers: [], query: `alt=sse&key=${KEY}` };
    expect((await run(setUp(), parts)).code).toBe('missing_key');
    const gemini = { ...parts, method: 'GET', path: '/v1beta/models' };
    const { refusal } = await run(setUp(), gemini);
    expect(refusal).toBeNull();
  });

  it.each<[string, RequestParts, string]>([
    ['no key', { headers: [] }, 'missing_key'],
    ['an unknown key', { headers: [['x-api-key', 'sk-other-0123456789']] }, 'invalid_key'],
    ['a key in another case', { headers: [['x-api-key', KEY.toUpperCase()]] }, 'invalid_key'],
  ])('[AUTH-2] %s', async (_, parts, code) => {
    const { refusal } = await run(setUp(), parts);
    expect(refusal).toMatchObject({ code, status: 401 });
  });

  it('[AUTH-2] an absurdly long key is refused without a look-up', async () => {
    const services = setUp();
    expect((await run(services, { headers: [['x-api-key', 'x'.repeat(513)]] })).code).toBe('invalid_key');
    expect(services.source.loads).toBe(0);
  });

  /** Each row is wrong in its own check and in all later ones: the first one speaks. */
  it.each<[string, KeyChanges, number]>([
    ['invalid_key', { key: { status: 'disabled', ipDeny: ['0.0.0.0/0'], expiresAtMs: 1 } }, 401],
    ['ip_refused', { key: { ipDeny: ['192.0.2.0/24'], expiresAtMs: 1 }, user: { status: 'disabled' } }, 403],
    ['key_expired', { key: { expiresAtMs: START_MS }, user: { status: 'disabled' } }, 403],
    ['user_inactive', { user: { status: 'disabled' }, groups: [buildGroup({ status: 'disabled' })] }, 403],
    ['group_inactive', { groups: [buildGroup({ status: 'disabled' })] }, 403],
    ['platform_mismatch', { groups: [buildGroup({ platform: 'openai', messagesDispatch: CLOSED })] }, 403],
    ['platform_mismatch', { groups: [] }, 403],
  ])('[AUTH-2] checks in order: %s', async (code, changes, status) => {
    const { refusal, context } = await run(setUp(changes));
    expect(refusal).toMatchObject({ code, status });
    expect(context.key).toBeNull();
  });

  it.each([
    ['on the deny list', [], ['192.0.2.1'], 'ip_refused'],
    ['on both lists: deny wins', ['192.0.2.0/24'], ['192.0.2.1'], 'ip_refused'],
    ['on the allow list', ['192.0.2.0/24'], ['192.0.2.9'], null],
    ['not on the allow list', ['198.51.100.0/24'], [], 'ip_refused'],
    ['on no list', [], ['198.51.100.0/24'], null],
  ])('[AUTH-2] an address %s', async (_, ipAllow, ipDeny, code) => {
    const services = setUp({ key: { ipAllow, ipDeny } });
    const parts = { remoteAddress: '0000:0000:0000:0000:0000:ffff:c000:0201' };
    expect((await run(services, parts)).code).toBe(code);
    // Once more, with the lists that are kept beside the snapshot.
    expect((await run(services, parts)).code).toBe(code);
  });

  it('[AUTH-2] the text for an address tells nothing of the lists', async () => {
    const { refusal } = await run(setUp({ key: { ipDeny: ['192.0.2.1'] } }));
    expect((refusal as Error).message).toBe('This request is not allowed.');
  });

  it('[AUTH-2] a line that the client wrote itself does not hide its address from a deny list', async () => {
    const services = setUp({ key: { ipDeny: ['198.51.100.1'] } });
    const headers: [string, string][] = [
      ['x-api-key', KEY],
      ['x-forwarded-for', '203.0.113.5'],
      ['x-forwarded-for', '198.51.100.1'],
    ];
    const { code, context } = await run(services, { headers, remoteAddress: '10.0.0.1' });
    expect([code, context.clientAddress]).toEqual(['ip_refused', '198.51.100.1']);
  });

  it('[AUTH-2] a key is good until the millisecond of its expiry', async () => {
    const services = setUp({ key: { expiresAtMs: START_MS + 10 } });
    services.clock.advance(9);
    expect((await run(services)).code).toBeNull();
    services.clock.advance(1);
    expect((await run(services)).code).toBe('key_expired');
  });

  it('[AUTH-2] serves by the first active group of the endpoint’s platform', async () => {
    const groups = [
      buildGroup({ id: 'g1' as never, platform: 'openai' }),
      buildGroup({ id: 'g2' as never, status: 'disabled' }),
      buildGroup({ id: 'g3' as never }),
      buildGroup({ id: 'g4' as never }),
    ];
    expect((await run(setUp({ groups }))).context.group?.id).toBe('g3');
    const models = await run(setUp({ groups }), { method: 'GET', path: '/v1/models' });
    expect(models.context.group?.id).toBe('g1');
  });

  it('[API-3] [API-4] else by the first active one that takes the protocol', async () => {
    const off = buildGroup({ id: 'g0' as never, status: 'disabled' });
    const closed = buildGroup({ id: 'g1' as never, platform: 'openai', messagesDispatch: CLOSED });
    const gemini = buildGroup({ id: 'g2' as never, platform: 'gemini' });
    const open = buildGroup({ id: 'g3' as never, platform: 'openai' });
    const serve = async (...groups: GroupSnapshot[]) =>
      (await run(setUp({ groups }))).context.group?.id ?? 'none';
    expect(await serve(off, closed, gemini, open)).toBe('g2');
    expect(await serve(off, open, gemini)).toBe('g3');
    expect(await serve(off, closed)).toBe('none');
  });

  it('[AUTH-5] is synchronous once the key is known', async () => {
    const services = setUp();
    await run(services);
    const { context } = buildContext({ headers: [['x-api-key', KEY]] });
    receive(context, false);
    expect(authenticate(context, services)).toBeNull();
    expect(services.source.loads).toBe(1);
  });

  it('[AUTH-5] a database error is a 503, and not remembered', async () => {
    const services = setUp();
    services.source.isGone = true;
    await expect(run(services)).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    services.source.isGone = false;
    expect((await run(services)).refusal).toBeNull();
  });

  it('[AUTH-5] an address that guesses is refused without a look-up; a known key still passes', async () => {
    const services = setUp();
    await run(services);
    for (let guess = 0; guess < 120; guess += 1) {
      expect((await run(services, { headers: [['x-api-key', `sk-guess-${guess}`]] })).code).toBe(
        'invalid_key',
      );
    }
    const { loads } = services.source;
    services.clock.advance(10_000);
    const guess: RequestParts = { headers: [['x-api-key', 'sk-guess-new']] };
    expect((await run(services, guess)).refusal).toMatchObject({
      code: 'too_many_unknown_keys',
      retryAfterMs: 50_000,
    });
    expect(services.source.loads).toBe(loads);
    expect((await run(services)).refusal).toBeNull();
    expect((await run(services, { ...guess, remoteAddress: '192.0.2.2' })).code).toBe('invalid_key');
    services.clock.advance(50_000);
    expect((await run(services, guess)).code).toBe('invalid_key');
  });

  it('[AUTH-5] a key that is known to be unknown is counted as a guess, without a load', async () => {
    const services = setUp();
    const guess: RequestParts = { headers: [['x-api-key', 'sk-guess-again']] };
    for (let time = 0; time < 120; time += 1) await run(services, guess);
    expect(services.source.loads).toBe(1);
    expect((await run(services, guess)).code).toBe('too_many_unknown_keys');
  });
});

import { silentLogger } from '@tollgate/core';
import { translateRequest } from '@tollgate/translate';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INLINE_SCAN_BYTES_MAX, createBodyPool, type BodyPool } from './body-pool.ts';
import { scanMessagesBody } from './scan-messages-body.ts';
import { scanProtocolBody } from './scan-protocol-body.ts';

function request(bytes: number): Buffer {
  const [head, tail] = ['{"model":"m","messages":[{"role":"user","content":"', '"}]}'];
  return Buffer.concat([
    Buffer.from(head),
    Buffer.alloc(bytes - head.length - tail.length, 'e'),
    Buffer.from(tail),
  ]);
}

const LARGE = 200_000;
/** Queued and running bodies have begun their way when this resolves. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createBodyPool', () => {
  let pool: BodyPool;
  beforeAll(() => {
    pool = createBodyPool({ threads: 2, queueMax: 100, logger: silentLogger });
  });
  afterAll(() => pool.close());

  it('[SESS-1][WARM-1] a worker finds sessions, warm-ups and files as the inline scan does', async () => {
    const warmUp = {
      model: 'm',
      tools: [{ name: 'read', description: 'Reads the title of it. '.repeat(5000) }],
      system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: 'Warmup' }],
      note: { media_type: 'image/png', data: 'QUJD'.repeat(5000) },
    };
    const body = Buffer.from(JSON.stringify(warmUp));
    const inline = scanMessagesBody(body);
    expect(inline).toMatchObject({
      warmUp: 'warm-up',
      session: { text: expect.stringMatching(/^text-sha256:/) as string },
      binaryBytes: 20_000,
    });
    expect(body.length).toBeGreaterThan(INLINE_SCAN_BYTES_MAX);
    expect((await pool.scanBody(body)).result).toEqual(inline);
  });

  it('[API-3] a worker translates as the loop does, and gives the client’s own bytes back', async () => {
    const options = {
      from: 'messages',
      to: 'chat',
      upstreamModel: 'gpt-4o',
      stream: false,
      outputTokensMax: null,
    } as const;
    const text = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'ü'.repeat(LARGE) }] });
    const inline = translateRequest(Buffer.from(text), options);
    const large = await pool.translate(Buffer.from(text), options);
    expect(large.body.toString() === text).toBe(true);
    expect([large.result.ok, inline.ok]).toEqual([true, true]);
    if (!large.result.ok || !inline.ok) return;
    expect(Buffer.from(large.result.body).equals(inline.body)).toBe(true);
    expect(large.result).toMatchObject({ dropped: inline.dropped, context: inline.context });
    const refused = await pool.translate(Buffer.from(`[${'1,'.repeat(LARGE)}1]`), options);
    expect([refused.result.ok, refused.body.length]).toEqual([false, LARGE * 2 + 3]);
  });

  it.each([
    ['chat', { model: 'm', messages: [{ role: 'user', content: 'x'.repeat(LARGE) }], stream: true }],
    ['responses', { model: 'm', input: 'x'.repeat(LARGE), max_output_tokens: 7 }],
    ['gemini', { contents: [{ parts: [{ text: 'x'.repeat(LARGE) }] }] }],
  ] as const)('[REQ-1] %s: a worker finds what the inline scan does', async (protocol, asked) => {
    const body = Buffer.from(JSON.stringify(asked));
    const inline = scanProtocolBody(protocol, body);
    expect(inline.ok).toBe(true);
    const text = body.toString();
    const scanned = await pool.scanProtocol(protocol, body);
    expect([scanned.result, scanned.body.toString() === text]).toEqual([inline, true]);
    const small = Buffer.from('{"model":1}');
    expect(pool.scanProtocol(protocol, small)).toEqual({
      result: scanProtocolBody(protocol, small),
      body: small,
    });
  });

  it('scans small bodies inline, without a promise, and gives the same buffer back', () => {
    const body = request(INLINE_SCAN_BYTES_MAX);
    const scanned = pool.scanBody(body);
    expect(scanned).toEqual({ result: scanMessagesBody(body), body });
    expect((scanned as { body: Buffer }).body).toBe(body);
  });

  it('moves large bodies to a worker and back, not copying them', async () => {
    const body = Buffer.from(new Uint8Array(request(LARGE)).buffer);
    const copy = Buffer.from(body);
    const scanning = pool.scanBody(body);
    await turn();
    expect(body.length).toBe(0);
    const scanned = await scanning;
    expect(scanned.result).toEqual(scanMessagesBody(copy));
    expect(scanned.body.equals(copy)).toBe(true);
  });

  it('leaves memory that others share with the body in place', async () => {
    const shared = Buffer.from(new Uint8Array(LARGE + 10).buffer);
    request(LARGE).copy(shared, 5);
    const scanned = await pool.scanInWorker(shared.subarray(5, LARGE + 5));
    expect(scanned.result).toMatchObject({ ok: true });
    expect([shared.length, scanned.body.length]).toEqual([LARGE + 10, LARGE]);
  });

  it('[REQ-4] says what is wrong with a large body', async () => {
    const { result } = await pool.scanBody(request(LARGE).subarray(0, LARGE - 1));
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining('unexpected end') as string });
  });

  it('scans many at once', async () => {
    const bodies = Array.from({ length: 40 }, (_, index) => request(LARGE + index));
    const scanned = await Promise.all(bodies.map((body) => pool.scanBody(body)));
    expect(scanned.map(({ body, result }) => [body.length, result.ok])).toEqual(
      bodies.map((_, index) => [LARGE + index, true]),
    );
  });
});

describe('a body pool in trouble', () => {
  let pool: BodyPool;
  beforeEach(() => {
    const workerUrl = new URL('../fixtures/misbehaving-worker.ts', import.meta.url);
    pool = createBodyPool({ threads: 1, queueMax: 2, logger: silentLogger, workerUrl, taskTimeoutMs: 2000 });
  });
  afterEach(() => pool.close());

  it.each(['throw', 'exit', 'sleep'])(
    'a worker told to %s: 503 for that body, and the pool goes on',
    async (word) => {
      const doomed = pool.scanInWorker(Buffer.from(word));
      const next = pool.scanInWorker(request(LARGE));
      await expect(doomed).rejects.toMatchObject({ code: 'unavailable', status: 503 });
      expect((await next).result).toMatchObject({ ok: true, model: 'm' });
      expect((await pool.scanInWorker(request(LARGE))).result).toMatchObject({ ok: true });
    },
  );

  it('a worker that cannot start: 503 for each body, none waits forever, and the pool closes', async () => {
    const workerUrl = new URL('../fixtures/no-such-worker.ts', import.meta.url);
    const broken = createBodyPool({
      threads: 1,
      queueMax: 2,
      logger: silentLogger,
      workerUrl,
      taskTimeoutMs: 300,
    });
    for (let body = 0; body < 3; body += 1) {
      await expect(broken.scanInWorker(request(LARGE))).rejects.toMatchObject({ code: 'unavailable' });
    }
    await broken.close();
  });

  it('workers that die one after the other are replaced', async () => {
    for (let death = 0; death < 3; death += 1) {
      await expect(pool.scanInWorker(Buffer.from('exit'))).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect((await pool.scanInWorker(request(LARGE))).result).toMatchObject({ ok: true });
  });

  it('a full queue refuses at once and leaves the body to its owner', async () => {
    const admitted = [1, 2, 3].map(() => pool.scanInWorker(request(LARGE)));
    const body = request(LARGE);
    await expect(pool.scanBody(body)).rejects.toMatchObject({ code: 'unavailable' });
    expect([body.length, pool.waiting]).toEqual([LARGE, 2]);
    expect(await Promise.all(admitted)).toHaveLength(3);
  });

  it('[REQ-7] a client that leaves frees its place, waiting or running', async () => {
    const controller = new AbortController();
    const leaving = [1, 2, 3].map(() => pool.scanInWorker(request(LARGE), controller.signal));
    controller.abort();
    expect(pool.waiting).toBe(0);
    for (const scan of leaving) await expect(scan).rejects.toMatchObject({ code: 'client_closed' });
    expect((await pool.scanInWorker(request(LARGE))).result).toMatchObject({ ok: true });
  });

  it('closed: what runs ends, what waits and what comes is refused, twice is fine', async () => {
    const running = pool.scanInWorker(request(LARGE));
    const waiting = pool.scanInWorker(request(LARGE));
    const closing = pool.close();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    expect((await running).result).toMatchObject({ ok: true });
    await closing;
    await expect(pool.scanInWorker(request(LARGE))).rejects.toMatchObject({ code: 'unavailable' });
    await pool.close();
  });
});

import { describe, expect, it } from 'vitest';
import type { BodyFraming } from './check-framing.ts';
import { RequestBody } from './request-body.ts';

function build(framing: BodyFraming) {
  const calls: string[] = [];
  const source = { pause: () => calls.push('pause'), resume: () => calls.push('resume') };
  const body = new RequestBody(framing, source);
  const accept = (text: string, isLast = false) =>
    body.accept(new Uint8Array(Buffer.from(text)).buffer, isLast);
  return { body, calls, accept };
}

describe('RequestBody', () => {
  it('gives an empty body where none is announced', async () => {
    const { body } = build({ kind: 'none' });
    expect(body.isReceived).toBe(true);
    expect(await body.read(10)).toEqual(Buffer.alloc(0));
  });

  it.each(['before', 'after'])('gives all bytes when read is called %s they come', async (when) => {
    const { body, accept } = build({ kind: 'length', lengthBytes: 6 });
    const early = when === 'before' ? body.read(6) : null;
    accept('abc');
    accept('def', true);
    expect(String(await (early ?? body.read(6)))).toBe('abcdef');
  });

  it('gives the same answer to a second reader', async () => {
    const { body, accept } = build({ kind: 'chunked' });
    const first = body.read(6);
    accept('abc', true);
    expect(await body.read(6)).toBe(await first);
  });

  it('copies: the bytes of a chunk may be overwritten later', async () => {
    const { body } = build({ kind: 'chunked' });
    const bytes = new Uint8Array([97, 98]);
    body.accept(bytes.buffer, false);
    bytes.fill(0);
    body.accept(new ArrayBuffer(0), true);
    expect(String(await body.read(10))).toBe('ab');
  });

  it('[REQ-4] refuses an announced length over the limit before any byte', async () => {
    const { body } = build({ kind: 'length', lengthBytes: 11 });
    const refused = { code: 'body_too_large', message: expect.stringContaining('10 bytes') as string };
    await expect(body.read(10)).rejects.toMatchObject(refused);
  });

  it('[REQ-4] cuts a chunked body at the limit', async () => {
    const { body, accept } = build({ kind: 'chunked' });
    const read = body.read(5);
    accept('abcde');
    accept('f');
    await expect(read).rejects.toMatchObject({ code: 'body_too_large' });
  });

  it('[API-8] skips a body of any number of chunks, and ends with it', async () => {
    const { body, accept } = build({ kind: 'chunked' });
    accept('abc');
    const skipped = body.skip(5).then(() => 'over');
    accept('d');
    accept('e', true);
    expect([await skipped, body.isReceived]).toEqual(['over', true]);
    // Nothing of it was kept.
    expect(await body.read(5)).toEqual(Buffer.alloc(0));
  });

  it('[REQ-4] a body that is skipped has the limit too', async () => {
    const { body, accept } = build({ kind: 'chunked' });
    const skipped = body.skip(5);
    accept('abcdef');
    await expect(skipped).rejects.toMatchObject({ code: 'body_too_large' });
    await expect(build({ kind: 'length', lengthBytes: 6 }).body.skip(5)).rejects.toMatchObject({
      code: 'body_too_large',
    });
  });

  it('[REQ-7] a client that leaves ends the skipping', async () => {
    const { body } = build({ kind: 'chunked' });
    const skipped = body.skip(5);
    body.leave();
    await expect(skipped).rejects.toMatchObject({ code: 'client_closed' });
  });

  it('[REQ-4] takes a chunked body of just the limit', async () => {
    const { body, accept } = build({ kind: 'chunked' });
    const read = body.read(5);
    accept('abcde');
    accept('', true);
    expect(String(await read)).toBe('abcde');
  });

  it('holds back a client that sends much before anybody reads', async () => {
    const { body, accept, calls } = build({ kind: 'chunked' });
    accept('a'.repeat(256 * 1024));
    expect(calls).toEqual([]);
    accept('b');
    accept('c');
    expect(calls).toEqual(['pause']);
    const read = body.read(1_000_000);
    expect(calls).toEqual(['pause', 'resume']);
    accept('', true);
    expect((await read).length).toBe(256 * 1024 + 2);
  });

  it.each(['before', 'after'])('[REQ-7] rejects when the client left %s read', async (when) => {
    const { body, accept } = build({ kind: 'chunked' });
    accept('abc');
    const early = when === 'after' ? body.read(10) : null;
    body.leave();
    await expect(early ?? body.read(10)).rejects.toMatchObject({ code: 'client_closed' });
  });

  it('keeps a body that was whole before the client left', async () => {
    const { body, accept } = build({ kind: 'chunked' });
    accept('abc', true);
    body.leave();
    expect(String(await body.read(10))).toBe('abc');
  });

  it('counts discarded bytes', () => {
    const { body, accept } = build({ kind: 'chunked' });
    const seen: [number, boolean][] = [];
    accept('abc');
    body.discard((bytes, isLast) => seen.push([bytes, isLast]));
    accept('de');
    accept('', true);
    expect(seen).toEqual([
      [2, false],
      [0, true],
    ]);
  });
});

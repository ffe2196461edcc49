import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Socks5Handshake, type Socks5Step } from './socks5-handshake.ts';

const CREDENTIALS = { username: 'quentin', password: 'päss' };
const METHOD_PASSWORD = Buffer.from([5, 2]);
const ACCEPTED = Buffer.from([1, 0]);
const REPLIES = {
  v4: Buffer.from([5, 0, 0, 1, 1, 2, 3, 4, 0, 80]),
  v6: Buffer.from([5, 0, 0, 4, ...Buffer.alloc(16), 0, 80]),
  name: Buffer.from([5, 0, 0, 3, 3, 97, 98, 99, 0, 80]),
  'empty name': Buffer.from([5, 0, 0, 3, 0, 0, 80]),
};

/** Plays the proxy: gives each answer cut at the given places, and only once it was asked for. */
function play(handshake: Socks5Handshake, answers: readonly Buffer[], cuts: readonly number[]): Socks5Step[] {
  const steps: Socks5Step[] = [];
  for (const answer of answers) {
    const places = [...new Set(cuts.map((cut) => cut % (answer.length + 1)))].toSorted((a, b) => a - b);
    const bounds = [0, ...places, answer.length];
    for (const [index, from] of bounds.slice(0, -1).entries()) {
      const step = handshake.push(answer.subarray(from, bounds[index + 1]));
      if (step.kind === 'wait') continue;
      steps.push(step);
    }
  }
  return steps;
}

describe('socks5-handshake', () => {
  it.each(Object.entries(REPLIES))('[ACC-7] any cut of the answers comes to the same: %s', (_name, reply) => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), (cuts) => {
        const handshake = new Socks5Handshake({ host: 'api.example.com', port: 443 }, CREDENTIALS);
        expect([...handshake.greeting]).toEqual([5, 2, 0, 2]);
        const steps = play(handshake, [METHOD_PASSWORD, ACCEPTED, reply], cuts);
        expect(steps).toEqual([
          { kind: 'send', bytes: Buffer.from('\u0001\u0007quentin\u0005päss') },
          {
            kind: 'send',
            bytes: Buffer.from('\u0005\u0001\u0000\u0003\u000fapi.example.com\u0001\u00bb', 'latin1'),
          },
          { kind: 'done', rest: Buffer.alloc(0) },
        ]);
      }),
    );
  });

  it('what comes behind the last answer belongs to the target', () => {
    const handshake = new Socks5Handshake({ host: '1.2.3.4', port: 80 }, null);
    expect([...handshake.greeting]).toEqual([5, 1, 0]);
    expect(handshake.push(Buffer.from([5, 0]))).toEqual({
      kind: 'send',
      bytes: Buffer.from([5, 1, 0, 1, 1, 2, 3, 4, 0, 80]),
    });
    const step = handshake.push(Buffer.concat([REPLIES.v4, Buffer.from('hello')]));
    expect(step).toEqual({ kind: 'done', rest: Buffer.from('hello') });
  });

  it('sends a v6 address as its sixteen bytes', () => {
    const handshake = new Socks5Handshake({ host: '2606:4700::1111', port: 443 }, null);
    const step = handshake.push(Buffer.from([5, 0]));
    expect(step.kind === 'send' && step.bytes.toString('hex')).toBe(
      '050100042606470000000000000000000000111101bb',
    );
  });

  it.each([
    ['another version', [Buffer.from('HTTP/1.1 400')], 'no SOCKS5 proxy'],
    ['no way to sign in', [Buffer.from([5, 255])], 'sign in'],
    ['a way nobody offered', [Buffer.from([5, 1])], 'sign in'],
    ['refused credentials', [METHOD_PASSWORD, Buffer.from([1, 1])], 'refused user name'],
    ['a sign-in of another version', [METHOD_PASSWORD, Buffer.from([5, 0])], 'no SOCKS5 proxy'],
    ['a refusal', [Buffer.from([5, 0]), Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0])], 'not allowed'],
    ['a refusal that is cut short', [Buffer.from([5, 0]), Buffer.from([5, 5])], 'connection refused'],
    ['a refusal of an unknown kind', [Buffer.from([5, 0]), Buffer.from([5, 99, 0, 1])], 'code 99'],
    ['an address of no type', [Buffer.from([5, 0]), Buffer.from([5, 0, 0, 9, 0])], 'no SOCKS5 proxy'],
    ['answers before questions', [Buffer.from([5, 0, 5, 0, 0, 1])], 'out of turn'],
  ])('fails on %s, and tells no credentials', (_name, answers, told) => {
    const handshake = new Socks5Handshake({ host: 'api.example.com', port: 443 }, CREDENTIALS);
    const last = play(handshake, answers, []).at(-1);
    expect(last).toMatchObject({ kind: 'failed', error: { code: 'ERR_PROXY' } });
    const message = last?.kind === 'failed' ? last.error.message : '';
    expect(message).toContain(told);
    expect(message).not.toMatch(/quentin|päss/u);
  });

  it('never takes random bytes for a tunnel without asking, nor throws', () => {
    const tunnel = fc.check(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 5 }), (chunks) => {
        const handshake = new Socks5Handshake({ host: 'h', port: 1 }, null);
        let sent = 0;
        for (const chunk of chunks) {
          const step = handshake.push(Buffer.from(chunk));
          if (step.kind === 'send') sent += 1;
          if (step.kind === 'done') expect(sent).toBe(1);
          if (step.kind === 'done' || step.kind === 'failed') return;
        }
      }),
    );
    expect(tunnel.failed).toBe(false);
  });

  it('a name longer than its length byte can say fails, as do such credentials', () => {
    const named = new Socks5Handshake({ host: 'x'.repeat(256), port: 1 }, null);
    expect(named.push(Buffer.from([5, 0]))).toMatchObject({ kind: 'failed' });
    const signed = new Socks5Handshake({ host: 'h', port: 1 }, { username: 'x'.repeat(256), password: '' });
    expect(signed.push(METHOD_PASSWORD)).toMatchObject({ kind: 'failed' });
  });
});

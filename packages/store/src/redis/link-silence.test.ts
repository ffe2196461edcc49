import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../port.ts';
import { LinkSilence } from './link-silence.ts';

function setUp(callTimeoutMs = 1_000) {
  let nowMs = 7;
  const warned: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, text: string) => void warned.push(text) };
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const silence = new LinkSilence({ connectionName: 'c', callTimeoutMs, logger, clock, onUsable: () => {} });
  return { silence, warned, advance: (ms: number) => void (nowMs += ms) };
}

describe('[LIM-11] link-silence', () => {
  it('begins with the first call that is late, is told once, and ends once', () => {
    const { silence, warned, advance } = setUp();
    expect([silence.sinceMs, silence.end()]).toEqual([null, false]);
    silence.begin();
    advance(5);
    silence.begin();
    expect([silence.sinceMs, warned]).toEqual([7, ['redis does not answer in time']]);
    expect([silence.end(), silence.end(), silence.sinceMs]).toEqual([true, false, null]);
  });

  it('work that is in time gives its result, and its own fault', async () => {
    const { silence } = setUp();
    let late = 0;
    const onTimeout = () => void (late += 1);
    expect(await silence.limit(async () => 'x', onTimeout)).toBe('x');
    const fail = () => silence.limit(() => Promise.reject(new TypeError('y')), onTimeout);
    await expect(fail()).rejects.toThrow(TypeError);
    expect(late).toBe(0);
  });

  it('work that is late is left alone: a fault, after it was told', async () => {
    const { silence } = setUp(5);
    let late = 0;
    const work = (expired: Promise<never>) => Promise.race([sleep(5_000, 'x', { ref: false }), expired]);
    const limited = silence.limit(work, () => void (late += 1));
    await expect(limited).rejects.toThrow(StoreUnavailableError);
    expect(late).toBe(1);
  });
});

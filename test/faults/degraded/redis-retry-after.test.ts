import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ask, readState } from './asking.ts';
import { startRedisSite } from './redis-site.ts';

const RPM = 8;
const NODES = 2;
/** A node counts the others once in a heartbeat. */
const COUNTED_MS = 11_000;
/** A start, and a whole window. */
const TIMEOUT_MS = 300_000;

/** Both windows at once, for each takes up to a minute of waiting. */
describe('[LIM-11] Redis, away for a minute', () => {
  it.concurrent.each(['fixed', 'sliding'])(
    '[redis-away-minute] [LIM-1] [LIM-2] waiting for Retry-After, exactly, passes: %s window',
    { timeout: TIMEOUT_MS },
    async (shape) => {
      const env = { TOLLGATE_RPM_WINDOW: shape };
      const site = await startRedisSite([{ name: 'limited', isFree: true, user: { rpm: RPM } }], [env, env]);
      try {
        await sleep(COUNTED_MS);
        site.breakRedis('cut off');
        await site.waitForState('200 degraded, 200 degraded');
        const [gateway] = site.gateways;
        const { waitMs, told } = await useUp(gateway);
        // What the headers said was what could be had; the minute may have turned in between.
        expect(told.slice(-RPM / NODES)).toEqual([3, 2, 1, 0]);
        await sleep(waitMs);
        const answer = await ask(gateway, 'limited');
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([200, null]);
        expect(await readState(gateway)).toBe('200 degraded, 200 degraded');
      } finally {
        await site.stop();
      }
    },
  );
});

/** Until the first refusal: what the headers said was left, and how long to wait. */
async function useUp(gateway: string): Promise<{ waitMs: number; told: number[] }> {
  const told: number[] = [];
  for (let count = 0; count < 2 * RPM; count += 1) {
    const { status, headers } = await ask(gateway, 'limited');
    if (status === 429) {
      const seconds = Number(headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(61);
      return { waitMs: seconds * 1_000, told };
    }
    expect([status, headers.get('x-ratelimit-limit-requests')]).toEqual([200, String(RPM / NODES)]);
    const resetS = Number.parseInt(headers.get('x-ratelimit-reset-requests') ?? '', 10);
    expect(resetS).toBeGreaterThan(0);
    expect(resetS).toBeLessThanOrEqual(61);
    told.push(Number(headers.get('x-ratelimit-remaining-requests')));
  }
  throw new Error('nothing was refused');
}

import { describe, expect, it } from 'vitest';
import type { AdmitRequest, WindowLimit } from '../port.ts';
import {
  balance,
  money,
  ask,
  askRpm,
  groupId,
  keyId,
  leasesOf,
  requests,
  TEST_TIMINGS,
  userHolder,
  userId,
  type Harness,
} from './harness.ts';

const user = (limit: number): WindowLimit => requests({ kind: 'user', userId: userId('a') }, limit);
const group = (limit: number): WindowLimit =>
  requests({ kind: 'user-group', userId: userId('a'), groupId: groupId('g') }, limit);
const key = (limit: number): WindowLimit =>
  requests({ kind: 'key', userId: userId('a'), keyId: keyId('k') }, limit);
const askAll = (...windows: WindowLimit[]): AdmitRequest => ask({ windows });

export function describeWindows(harness: () => Harness): void {
  describe('windows of requests', () => {
    it('[LIM-1] admits exactly the limit over all nodes', async () => {
      const { nodes } = harness();
      const asks = Array.from({ length: 40 }, (_, index) => nodes[index % 3]?.admit(askRpm('a', 7)));
      const results = await Promise.all(asks);
      expect(results.filter((result) => result?.admitted)).toHaveLength(7);
    });

    it('[LIM-1] the strictest of several limits wins', async () => {
      const [node] = harness().nodes;
      expect(await node.admit(askAll(user(5), group(3), key(2)))).toMatchObject({
        admitted: true,
        requests: { limit: 2, remaining: 1 },
      });
      leasesOf(await node.admit(askAll(user(5), group(3), key(2))));
      const refused = await node.admit(askAll(user(5), group(3), key(2)));
      expect(refused).toMatchObject({
        admitted: false,
        reason: 'window',
        unit: 'requests',
        subject: key(2).subject,
        limit: 2,
      });
    });

    it('[LIM-1] names the smallest of the limits that refuse', async () => {
      const [node] = harness().nodes;
      for (let count = 0; count < 3; count += 1) leasesOf(await node.admit(askAll(user(5), group(9))));
      const refused = await node.admit(askAll(user(3), group(2)));
      expect(refused).toMatchObject({ subject: group(2).subject, limit: 2 });
    });

    it('[LIM-1] a refused request uses up none of its limits', async () => {
      const [node] = harness().nodes;
      leasesOf(await node.admit(askAll(key(1))));
      for (let count = 0; count < 5; count += 1) await node.admit(askAll(user(5), group(5), key(1)));
      expect(await node.admit(askAll(user(5)))).toMatchObject({ requests: { remaining: 4 } });
      expect(await node.admit(askAll(group(5)))).toMatchObject({ requests: { remaining: 4 } });
    });

    it('[LIM-1] a request refused for want of a slot or of money uses up no RPM', async () => {
      const [node] = harness().nodes;
      const slots = [{ holder: userHolder('a'), max: 1 }];
      leasesOf(await node.admit(ask({ slots })));
      await node.admit(ask({ windows: [user(5)], slots }));
      await node.admit(ask({ windows: [user(5)], money: money(0n, [balance('a')]) }));
      expect(await node.admit(askAll(user(5)))).toMatchObject({ requests: { remaining: 4 } });
    });

    it('[LIM-1] checks RPM before money, money before slots', async () => {
      const [node] = harness().nodes;
      const slots = [{ holder: userHolder('a'), max: 1 }];
      leasesOf(await node.admit(ask({ windows: [user(1)], slots })));
      const all = { money: money(0n, [balance('a')]), slots };
      expect(await node.admit(ask({ windows: [user(1)], ...all }))).toMatchObject({
        reason: 'window',
        unit: 'requests',
      });
      expect(await node.admit(ask(all))).toMatchObject({ reason: 'purses-unknown' });
      expect(await node.countSlots(userHolder('a'))).toBe(1);
    });

    it('[LIM-1] a new window starts from nothing, and retryAfterMs leads into it', async () => {
      const { nodes, advance } = harness();
      leasesOf(await nodes[0].admit(askRpm('a', 1)));
      const refused = await nodes[1].admit(askRpm('a', 1));
      if (refused.admitted || refused.reason !== 'window') throw new Error('not refused');
      expect(refused.retryAfterMs).toBeGreaterThan(0);
      expect(refused.retryAfterMs).toBeLessThanOrEqual(TEST_TIMINGS.windowMs);
      await advance(TEST_TIMINGS.windowMs);
      expect((await nodes[1].admit(askRpm('a', 1))).admitted).toBe(true);
    });

    it('[LIM-1] a counter named twice counts a request once; a limit of 0 refuses', async () => {
      const [node] = harness().nodes;
      leasesOf(await node.admit(askAll(user(5), user(9))));
      expect(await node.admit(askAll(user(5)))).toMatchObject({ requests: { remaining: 3 } });
      expect(await node.admit(askAll(user(0)))).toMatchObject({ reason: 'window', retryAfterMs: null });
    });

    it('[LIM-1] a limit that was lowered below the count refuses and never shows less than nothing', async () => {
      const [node] = harness().nodes;
      for (let count = 0; count < 5; count += 1) leasesOf(await node.admit(askAll(user(9))));
      expect(await node.admit(askAll(user(2)))).toMatchObject({ admitted: false });
      expect(await node.admit(askAll(user(6)))).toMatchObject({ requests: { remaining: 0 } });
    });
  });
}

import { describe, expect, it, vi } from 'vitest';
import { TOKEN_QUOTA_BLOCK_MS_MIN } from '../port.ts';
import { ask, requests, userId, type Harness } from './harness.ts';

const asks = ask({ checksTokenQuota: true });

export function describeTokenQuota(harness: () => Harness): void {
  describe('the token quota flag', () => {
    it('[LIM-10] refuses on every node until its time is over', async () => {
      const { nodes, advance } = harness();
      expect((await nodes[0].admit(asks)).admitted).toBe(true);
      await nodes[0].blockTokenQuota(userId('a'), 90_000);
      const refused = await nodes[1].admit(asks);
      if (refused.admitted || refused.reason !== 'token-quota') throw new Error('not refused');
      expect(refused.retryAfterMs).toBeGreaterThan(80_000);
      expect(refused.retryAfterMs).toBeLessThanOrEqual(90_000);
      await advance(90_000);
      expect((await nodes[1].admit(asks)).admitted).toBe(true);
    });

    it('[LIM-10] stays for at least thirty seconds', async () => {
      const { nodes, advance } = harness();
      await nodes[0].blockTokenQuota(userId('a'), 1);
      await advance(TOKEN_QUOTA_BLOCK_MS_MIN - 10_000);
      expect(await nodes[0].admit(asks)).toMatchObject({ reason: 'token-quota' });
      await advance(10_000);
      expect((await nodes[0].admit(asks)).admitted).toBe(true);
    });

    it('[LIM-10] clearing it lets the user go at once; clearing nothing does nothing', async () => {
      const [node, other] = harness().nodes;
      await node.blockTokenQuota(userId('a'), 90_000);
      await other.clearTokenQuota(userId('a'));
      await other.clearTokenQuota(userId('a'));
      expect((await node.admit(asks)).admitted).toBe(true);
    });

    it('[LIM-10] [AUTH-6] a change of the quota drops the flag before anybody hears of it', async () => {
      const { nodes } = harness();
      await nodes[0].blockTokenQuota(userId('a'), 90_000);
      const heard: Promise<boolean>[] = [];
      await nodes[1].subscribe(() => heard.push(nodes[1].admit(asks).then(({ admitted }) => admitted)));
      await nodes[2].publish([{ scope: 'token-quota', userId: userId('a') }]);
      await vi.waitFor(() => expect(heard).toHaveLength(1));
      expect(await heard[0]).toBe(true);
    });

    it('[LIM-10] concerns who asks for it, and nobody else', async () => {
      const [node] = harness().nodes;
      await node.blockTokenQuota(userId('a'), 90_000);
      expect((await node.admit(ask({ checksTokenQuota: true, userId: userId('b') }))).admitted).toBe(true);
      expect((await node.admit(ask({}))).admitted).toBe(true);
      const windows = [requests({ kind: 'user', userId: userId('a') }, 1)];
      expect(await node.admit(ask({ checksTokenQuota: true, windows }))).toMatchObject({
        reason: 'token-quota',
      });
      expect((await node.admit(ask({ windows }))).admitted).toBe(true);
    });

    it('refuses a span of nothing as a fault', async () => {
      const [node] = harness().nodes;
      await expect(node.blockTokenQuota(userId('a'), 0)).rejects.toThrow(RangeError);
      await expect(node.blockTokenQuota(userId('a'), Number.NaN)).rejects.toThrow(RangeError);
    });
  });
}

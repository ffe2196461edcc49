import { describe, expect, it, vi } from 'vitest';
import { accountId, type Harness } from './harness.ts';

export function describeTokenRefreshes(harness: () => Harness): void {
  describe('wishes for new tokens', () => {
    it('[ACC-6] every listener on any node hears each of them; nobody else is disturbed', async () => {
      const { nodes } = harness();
      const heard: string[][] = [[], []];
      const invalidations: string[] = [];
      await nodes[0].subscribe(({ scope }) => invalidations.push(scope));
      await nodes[0].onTokenRefreshRequest((id) => heard[0]?.push(id));
      await nodes[1].onTokenRefreshRequest((id) => heard[1]?.push(id));
      await nodes[2].requestTokenRefresh(accountId('a'));
      await nodes[0].requestTokenRefresh(accountId('b'));
      const expected = [accountId('a'), accountId('b')];
      // Wishes of two nodes have no order: on a Cluster they come by different ways.
      await vi.waitFor(() => expect(heard.map((ids) => ids.toSorted())).toEqual([expected, expected]));
      await nodes[2].publish([{ scope: 'all' }]);
      await vi.waitFor(() => expect(invalidations).toEqual(['all']));
    });

    it('with nobody there it is no fault; a listener that throws, or has ended, hurts nobody', async () => {
      const { nodes } = harness();
      await nodes[0].requestTokenRefresh(accountId('a'));
      const heard: string[] = [];
      await nodes[1].onTokenRefreshRequest(() => {
        throw new Error('broken listener');
      });
      const end = await nodes[1].onTokenRefreshRequest(() => heard.push('ended'));
      await nodes[1].onTokenRefreshRequest((id) => heard.push(id));
      await end();
      await end();
      await nodes[0].requestTokenRefresh(accountId('b'));
      await vi.waitFor(() => expect(heard).toEqual([accountId('b')]));
    });

    it('after close both reject', async () => {
      const [node] = harness().nodes;
      await node.close();
      await expect(node.requestTokenRefresh(accountId('a'))).rejects.toThrow('closed');
      await expect(node.onTokenRefreshRequest(() => {})).rejects.toThrow('closed');
    });
  });
}

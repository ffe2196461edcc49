import type { Invalidation } from '@tollgate/core';
import { describe, expect, it, vi } from 'vitest';
import { ask, type Harness } from './harness.ts';

export function describeInvalidations(harness: () => Harness): void {
  describe('invalidations', () => {
    it('[AUTH-6] every node hears every message, in order, with numbers that rise by one', async () => {
      const { nodes } = harness();
      const heard: Invalidation[] = [];
      await nodes[1].subscribe((invalidation) => heard.push(invalidation));
      const sent: Invalidation[] = Array.from({ length: 20 }, (_, index) => ({
        scope: 'key',
        keyHash: String(index),
      }));
      const numbers: number[] = [];
      for (const invalidation of sent) numbers.push(await nodes[0].publish([invalidation]));
      await vi.waitFor(() => expect(heard).toEqual(sent));
      expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual(sent.map((_, index) => index));
    });

    it('[AUTH-6] one message may carry many; an empty one sends nothing', async () => {
      const { nodes } = harness();
      const heard: string[] = [];
      await nodes[0].subscribe(({ scope }) => heard.push(scope));
      const number = await nodes[1].publish([
        { scope: 'user', userId: 'usr_"quoted"\n' },
        { scope: 'balance', userId: 'usr_a' },
      ]);
      expect(await nodes[1].publish([])).toBe(number);
      await vi.waitFor(() => expect(heard).toEqual(['user', 'balance']));
    });

    it('a listener that throws does not hurt the others; one that has ended hears nothing', async () => {
      const { nodes } = harness();
      const heard: string[] = [];
      await nodes[0].subscribe(() => {
        throw new Error('broken listener');
      });
      const end = await nodes[0].subscribe(() => heard.push('ended'));
      await nodes[0].subscribe(({ scope }) => heard.push(scope));
      await end();
      await end();
      await nodes[0].publish([{ scope: 'all' }]);
      await vi.waitFor(() => expect(heard).toEqual(['all']));
    });

    it('answers a ping; after close every call rejects and releases are ignored', async () => {
      const [node] = harness().nodes;
      await node.ping();
      await node.close();
      await node.close();
      await expect(node.ping()).rejects.toThrow('closed');
      await expect(node.admit(ask({}))).rejects.toThrow('closed');
      await expect(node.subscribe(() => {})).rejects.toThrow('closed');
      node.release([]);
    });
  });
}

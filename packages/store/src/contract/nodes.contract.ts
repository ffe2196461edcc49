import type { Invalidation } from '@tollgate/core';
import { describe, expect, it, vi } from 'vitest';
import type { NodeAbout, NodeState } from '../node-port.ts';
import type { Store } from '../port.ts';
import type { Harness } from './harness.ts';

const ABOUT: NodeAbout = { startedAtMs: 1.7e12, version: '1.2.3', label: 'a "quoted" one\n', inFlight: 7 };
const KEY: Invalidation = { scope: 'key', keyHash: 'h' };

export function describeNodes(harness: () => Harness): void {
  describe('nodes', () => {
    it('[AUTH-6] every node is listed with its words, on whichever node is asked', async () => {
      const { nodes } = harness();
      expect(await findAnnounced(nodes[0])).toEqual([]);
      nodes[1].announce(() => ABOUT);
      await vi.waitFor(async () => expect(await findAnnounced(nodes[0])).toMatchObject([{ about: ABOUT }]));
      const [node] = await findAnnounced(nodes[2]);
      expect(node?.id).toMatch(/^nod/);
      expect(node?.silentMs).toBeLessThan(10_000);
    });

    it('[AUTH-6] a node acknowledges the number of a message, and the store tells the present one', async () => {
      const { nodes } = harness();
      nodes[1].announce(() => ABOUT);
      for (let round = 0; round < 3; round += 1) {
        const number = await nodes[0].publish([KEY]);
        await vi.waitFor(async () =>
          expect(await findAnnounced(nodes[2])).toMatchObject([{ number, about: ABOUT }]),
        );
        expect((await nodes[2].listNodes()).number).toBe(number);
      }
    });

    it('[AUTH-6] a message counts when every listener is done with it, and not before', async () => {
      const { nodes } = harness();
      const { promise, resolve } = Promise.withResolvers<void>();
      nodes[1].announce(() => ABOUT);
      await nodes[1].subscribe(({ scope }) => (scope === 'price' ? promise : undefined));
      const before = await nodes[0].publish([KEY]);
      const price = await nodes[0].publish([{ scope: 'price' }]);
      const last = await nodes[0].publish([KEY]);
      expect([price - before, last - before]).toEqual([1, 2]);
      await vi.waitFor(async () => expect(await findAnnounced(nodes[2])).toMatchObject([{ number: before }]));
      resolve();
      await vi.waitFor(async () => expect(await findAnnounced(nodes[2])).toMatchObject([{ number: last }]));
    });

    it('[AUTH-6] a listener that rejects is logged and holds nothing up', async () => {
      const { nodes } = harness();
      nodes[1].announce(() => ABOUT);
      await nodes[1].subscribe(() => Promise.reject(new Error('broken listener')));
      const number = await nodes[0].publish([KEY]);
      await vi.waitFor(async () => expect(await findAnnounced(nodes[2])).toMatchObject([{ number }]));
    });

    it('[AUTH-6] a burst of messages is acknowledged up to the last', async () => {
      const { nodes } = harness();
      nodes[1].announce(() => ABOUT);
      const numbers = await Promise.all(Array.from({ length: 200 }, () => nodes[0].publish([KEY])));
      const number = Math.max(...numbers);
      await vi.waitFor(async () => expect(await findAnnounced(nodes[2])).toMatchObject([{ number }]));
    });
  });
}

async function findAnnounced(store: Store): Promise<NodeState[]> {
  return (await store.listNodes()).nodes.filter(({ about }) => about !== null);
}

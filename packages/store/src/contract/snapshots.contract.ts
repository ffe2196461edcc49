import { describe, expect, it } from 'vitest';
import { keySnapshotName, poolSnapshotName } from '../snapshot-names.ts';
import { groupId, type Harness } from './harness.ts';
import type { Store } from '../port.ts';

const TTL_MS = 300_000;

async function put(store: Store, name: string, value: string): Promise<void> {
  const { generation } = await store.getSnapshot(name);
  await store.putSnapshot(name, value, TTL_MS, generation);
}

async function read(store: Store, name: string): Promise<string | null> {
  return (await store.getSnapshot(name)).value;
}

export function describeSnapshots(harness: () => Harness): void {
  describe('L2 snapshots', () => {
    it('[AUTH-5] what one node puts, the others get, until it expires', async () => {
      const { nodes, advance } = harness();
      const value = `{"a":"line\nbreak","b":"ñ语\u0000"}${'x'.repeat(100_000)}`;
      expect(await read(nodes[0], 'key:1')).toBeNull();
      await put(nodes[0], 'key:1', value);
      await put(nodes[0], 'key:empty', '');
      expect(await read(nodes[1], 'key:1')).toBe(value);
      expect(await read(nodes[1], 'key:empty')).toBe('');
      await advance(TTL_MS + 10_000);
      expect(await read(nodes[1], 'key:1')).toBeNull();
    });

    it("[AUTH-6] a key's invalidation drops its entry and no other", async () => {
      const [node, admin] = harness().nodes;
      await put(node, keySnapshotName('one'), '1');
      await put(node, keySnapshotName('two'), '2');
      await admin.publish([{ scope: 'key', keyHash: 'one' }]);
      expect(await read(node, keySnapshotName('one'))).toBeNull();
      expect(await read(node, keySnapshotName('two'))).toBe('2');
    });

    const wide = [
      { scope: 'user', userId: 'usr_a' },
      { scope: 'group', groupId: 'grp_a' },
      { scope: 'account', accountId: 'acc_a' },
      { scope: 'price' },
      { scope: 'all' },
    ] as const;
    it.each(wide)('[AUTH-6] $scope outdates every entry', async (invalidation) => {
      const [node, admin] = harness().nodes;
      await put(node, keySnapshotName('one'), '1');
      await put(node, poolSnapshotName(groupId('a')), '{}');
      await admin.publish([invalidation]);
      expect(await read(node, keySnapshotName('one'))).toBeNull();
      expect(await read(node, poolSnapshotName(groupId('a')))).toBeNull();
      await put(node, keySnapshotName('one'), 'new');
      expect(await read(node, keySnapshotName('one'))).toBe('new');
    });

    it.each([{ scope: 'key', keyHash: 'one' } as const, ...wide])(
      '[AUTH-6] what was loaded before a change ($scope) never lands after it',
      async (invalidation) => {
        const [node, admin] = harness().nodes;
        const { generation } = await node.getSnapshot(keySnapshotName('one'));
        await admin.publish([invalidation]);
        await node.putSnapshot(keySnapshotName('one'), 'stale', TTL_MS, generation);
        expect(await read(node, keySnapshotName('one'))).toBeNull();
      },
    );

    it('[AUTH-6] a generation that no store gave is a no-op', async () => {
      const [node] = harness().nodes;
      await node.putSnapshot('key:1', 'x', TTL_MS, '');
      await node.putSnapshot('key:1', 'x', TTL_MS, 'garbage');
      expect(await read(node, 'key:1')).toBeNull();
    });
  });
}

import type { GroupId, Invalidation, UserId } from '@tollgate/core';
import { createLocalStore } from '@tollgate/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildAccount, buildGroup, buildKey, buildPool } from '../testing/build-snapshots.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { MemorySource } from '../testing/memory-source.ts';
import { RecordingLogger } from '../testing/recording-logger.ts';
import { Snapshots } from './snapshots.ts';

const KEYS = ['k1', 'k2', 'k3'];
const POOLS = ['g1', 'g2'];

/** k1: user u1, group g1. k2: user u1, groups g1 and g2. k3: user u2, group g2. g2 holds account acc_2. */
describe('snapshots', () => {
  const groups = POOLS.map((id) => buildGroup({ id: id as GroupId }));
  let snapshots: Snapshots;

  beforeEach(async () => {
    const source = new MemorySource();
    const clock = new ManualClock();
    const u1 = { id: 'u1' as UserId };
    source.keys.set('k1', buildKey({ user: u1, groups: groups.slice(0, 1) }));
    source.keys.set('k2', buildKey({ user: u1, groups }));
    source.keys.set('k3', buildKey({ user: { id: 'u2' as UserId }, groups: groups.slice(1) }));
    source.pools.set('g1', buildPool());
    source.pools.set('g2', buildPool([buildAccount({ id: 'acc_2' as never })]));
    snapshots = new Snapshots(source, createLocalStore({ clock }), clock, new RecordingLogger());
    for (const name of [...KEYS, 'unknown']) await snapshots.keys.get(name);
    for (const name of POOLS) await snapshots.pools.get(name);
  });

  it.each<[Invalidation, string[]]>([
    [{ scope: 'key', keyHash: 'k1' }, ['k1']],
    [{ scope: 'key', keyHash: 'unknown' }, ['unknown']],
    [{ scope: 'user', userId: 'u1' }, ['k1', 'k2']],
    [{ scope: 'group', groupId: 'g1' }, ['k1', 'k2', 'g1']],
    [{ scope: 'group', groupId: 'g2' }, ['k2', 'k3', 'g2']],
    [{ scope: 'account', accountId: 'acc_2' }, ['g2']],
    [{ scope: 'account', accountId: 'acc_9' }, []],
    [{ scope: 'balance', userId: 'u1' }, []],
    [{ scope: 'all' }, ['k1', 'k2', 'k3', 'unknown', 'g1', 'g2']],
  ])('[AUTH-6] %j forgets %j', (invalidation, forgotten) => {
    snapshots.apply(invalidation);
    const keys = [...KEYS, 'unknown'].filter((name) => snapshots.keys.peek(name) === undefined);
    const pools = POOLS.filter((name) => snapshots.pools.peek(name) === undefined);
    expect([...keys, ...pools]).toEqual(forgotten);
  });
});

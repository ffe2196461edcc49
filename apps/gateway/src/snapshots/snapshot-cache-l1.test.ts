import { SNAPSHOT_SCHEMA_VERSION, silentLogger, systemClock } from '@tollgate/core';
import { createLocalStore } from '@tollgate/store';
import { expect, it } from 'vitest';
import { SnapshotCache } from './snapshot-cache.ts';

function buildCache(load: (name: string) => Promise<{ schemaVersion: number } | null>) {
  return new SnapshotCache({
    family: 'test',
    buildL2Name: (name) => `test:${name}`,
    entriesMax: 10,
    load,
    store: createLocalStore(),
    clock: systemClock,
    logger: silentLogger,
  });
}

it('[AUTH-5] answers from L1: the same object until it is invalidated, and no second look anywhere', async () => {
  let loads = 0;
  const cache = buildCache(async () => {
    loads += 1;
    return { schemaVersion: SNAPSHOT_SCHEMA_VERSION };
  });
  const first = await cache.get('a');
  expect(await cache.get('a')).toBe(first);
  cache.invalidate('a');
  expect(await cache.get('a')).not.toBe(first);
  expect(loads).toBeLessThanOrEqual(2);
});

it('[AUTH-5] what is known not to exist is not loaded again', async () => {
  let loads = 0;
  const cache = buildCache(async () => {
    loads += 1;
    return null;
  });
  expect([await cache.get('a'), await cache.get('a')]).toEqual([null, null]);
  expect(loads).toBe(1);
});

import { picoUsd, type GroupId, type SnapshotSource, type UserId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { limitSourceTime, SourceTimeoutError } from './limit-source-time.ts';

const forever = () => new Promise<never>(() => {});
const silent: SnapshotSource = {
  loadKey: forever,
  loadGroup: forever,
  loadPool: forever,
  loadBalance: forever,
};
const GROUP = 'grp_1' as GroupId;
const USER = 'usr_1' as UserId;

describe('a source that may go silent', () => {
  it('[LIM-11] rejects every call that gets no answer', async () => {
    const source = limitSourceTime(silent, 5);
    await expect(source.loadKey('hash')).rejects.toThrow(SourceTimeoutError);
    await expect(source.loadGroup(GROUP)).rejects.toThrow(SourceTimeoutError);
    await expect(source.loadPool(GROUP)).rejects.toThrow(SourceTimeoutError);
    await expect(source.loadBalance(USER)).rejects.toThrow('within 5 ms');
  });

  it('passes answers and faults on as they come', async () => {
    const source = limitSourceTime(
      {
        loadKey: () => Promise.resolve(null),
        loadGroup: () => Promise.resolve(null),
        loadPool: () => Promise.reject(new Error('relation is missing')),
        loadBalance: () => Promise.resolve(picoUsd(7n)),
      },
      1_000,
    );
    expect(await source.loadKey('hash')).toBeNull();
    await expect(source.loadPool(GROUP)).rejects.toThrow('relation is missing');
    expect(await source.loadBalance(USER)).toBe(7n);
  });
});

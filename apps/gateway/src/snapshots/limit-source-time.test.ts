import {
  picoUsd,
  type GroupId,
  type KeyId,
  type LoadedPurses,
  type SnapshotSource,
  type UserId,
} from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { limitPriceTime, limitSourceTime, SourceTimeoutError } from './limit-source-time.ts';

const forever = () => new Promise<never>(() => {});
const silent: SnapshotSource = {
  loadKey: forever,
  loadGroup: forever,
  loadPool: forever,
  loadPurses: forever,
};
const GROUP = 'grp_1' as GroupId;
const USER = 'usr_1' as UserId;
const KEY = 'key_1' as KeyId;
const unused = { spent: picoUsd(0n), startMs: null };
const purses: LoadedPurses = {
  balance: picoUsd(7n),
  key: { total: unused, '5h': unused, '1d': unused, '7d': unused },
  subscription: null,
};

describe('a source that may go silent', () => {
  it('[LIM-11] rejects every call that gets no answer', async () => {
    const source = limitSourceTime(silent, 5);
    await expect(source.loadKey('hash')).rejects.toThrow(SourceTimeoutError);
    await expect(source.loadGroup(GROUP)).rejects.toThrow(SourceTimeoutError);
    await expect(source.loadPool(GROUP)).rejects.toThrow(SourceTimeoutError);
    await expect(source.loadPurses(USER, KEY, null)).rejects.toThrow('within 5 ms');
    const prices = limitPriceTime({ loadVersionInForce: forever, loadPrices: forever }, 5);
    await expect(prices.loadVersionInForce()).rejects.toThrow(SourceTimeoutError);
    await expect(prices.loadPrices('v1')).rejects.toThrow(SourceTimeoutError);
  });

  it('passes answers and faults on as they come', async () => {
    const source = limitSourceTime(
      {
        loadKey: () => Promise.resolve(null),
        loadGroup: () => Promise.resolve(null),
        loadPool: () => Promise.reject(new Error('relation is missing')),
        loadPurses: () => Promise.resolve(purses),
      },
      1_000,
    );
    expect(await source.loadKey('hash')).toBeNull();
    await expect(source.loadPool(GROUP)).rejects.toThrow('relation is missing');
    expect(await source.loadPurses(USER, KEY, null)).toBe(purses);
  });
});

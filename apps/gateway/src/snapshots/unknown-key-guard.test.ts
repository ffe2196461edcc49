import { describe, expect, it } from 'vitest';
import { UnknownKeyGuard } from './unknown-key-guard.ts';

function miss(guard: UnknownKeyGuard, times: number, nowMs: number, address = '192.0.2.1'): void {
  for (let time = 0; time < times; time += 1) guard.recordUnknownKey(address, nowMs);
}

describe('unknown-key-guard', () => {
  it('[AUTH-5] refuses for 60 s after 120 unknown keys, and tells what is left of them', () => {
    const guard = new UnknownKeyGuard();
    miss(guard, 119, 0);
    expect(guard.refusedForMs('192.0.2.1', 0)).toBe(0);
    miss(guard, 1, 1_000);
    expect(guard.refusedForMs('192.0.2.1', 1_000)).toBe(60_000);
    expect(guard.refusedForMs('192.0.2.1', 31_000)).toBe(30_000);
    expect(guard.refusedForMs('192.0.2.1', 60_999)).toBe(1);
    expect(guard.refusedForMs('192.0.2.1', 61_000)).toBe(0);
  });

  it('[AUTH-5] counts each address alone', () => {
    const guard = new UnknownKeyGuard();
    miss(guard, 120, 0);
    expect(guard.refusedForMs('192.0.2.2', 0)).toBe(0);
  });

  it('[AUTH-5] misses of more than 60 s ago do not count', () => {
    const guard = new UnknownKeyGuard();
    miss(guard, 119, 0);
    miss(guard, 119, 60_000);
    expect(guard.refusedForMs('192.0.2.1', 60_000)).toBe(0);
  });

  it('[AUTH-5] after the refusal an address begins anew', () => {
    const guard = new UnknownKeyGuard();
    miss(guard, 120, 0);
    miss(guard, 1, 60_000);
    expect(guard.refusedForMs('192.0.2.1', 60_000)).toBe(0);
  });
});

import type { AccountSnapshot, PoolSnapshot } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { listServableModels } from './list-servable-models.ts';
import { buildAccount, buildPool } from '@tollgate/core/testing';

function poolOf(...changes: Partial<AccountSnapshot>[]): PoolSnapshot {
  return buildPool(...changes.map((change) => buildAccount({ kind: 'oauth', ...change })));
}

const DEFAULTS = ['claude-z', 'claude-a', 'gpt-x'];

describe('[API-6] listServableModels', () => {
  it('without a mapping: the defaults, sorted', () => {
    expect(listServableModels(poolOf({}), DEFAULTS)).toEqual(['claude-a', 'claude-z', 'gpt-x']);
  });

  it('with a mapping: its names, and the defaults that its patterns fit', () => {
    const pool = poolOf({ modelMapping: { mine: 'x', 'claude-*': 'y' } });
    expect(listServableModels(pool, DEFAULTS)).toEqual(['claude-a', 'claude-z', 'mine']);
  });

  it('is the union over the accounts, each name once', () => {
    const pool = poolOf({ modelMapping: { b: 'x', a: 'y' } }, { modelMapping: { b: 'z', 'gpt-*': 'gpt-*' } });
    expect(listServableModels(pool, DEFAULTS)).toEqual(['a', 'b', 'gpt-x']);
  });

  it('leaves out what an admin switched off, and keeps what is only broken now', () => {
    const pool = poolOf(
      { status: 'disabled', modelMapping: { a: 'x' } },
      { schedulable: false, modelMapping: { b: 'x' } },
      { status: 'error', modelMapping: { c: 'x' } },
    );
    expect(listServableModels(pool, DEFAULTS)).toEqual(['c']);
  });

  it('no accounts, no models', () => expect(listServableModels(poolOf(), DEFAULTS)).toEqual([]));
});

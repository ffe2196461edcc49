import {
  applyMultiplier,
  parseMultiplier,
  parseUsd,
  picoUsd,
  ZERO_USAGE,
  type AccountId,
  type GroupSnapshot,
} from '@tollgate/core';
import { builtInPriceBook, createPriceBook, type PriceBook, type PriceEntry } from '@tollgate/pricing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAccount, buildGroup, buildPool, MODEL } from '../testing/build-snapshots.ts';
import { START_MS } from '../testing/manual-clock.ts';
import { computeRequestHold, type HoldQuestion } from './compute-request-hold.ts';

/** Sonnet 4.5: a prompt token is at most a cache write of an hour at 6 USD a million, an answer's is 15. */
const IN = 6_000_000n;
const OUT = 15_000_000n;

function compute(
  question: Partial<Omit<HoldQuestion, 'group'>> = {},
  group: Partial<GroupSnapshot> = {},
  prices: PriceBook = builtInPriceBook,
  nowMs = START_MS,
) {
  const snapshot = buildGroup({ rateMultiplier: '1', ...group });
  const parts = { pool: buildPool(), model: MODEL, inputTokens: 100, maxTokens: 20, ...question };
  return computeRequestHold({ ...parts, group: snapshot }, prices, nowMs);
}

const mapTo = (id: string, upstreamModel: string) =>
  buildAccount({ id: id as AccountId, modelMapping: { [MODEL]: upstreamModel } });

describe('compute-request-hold', () => {
  it('[MON-4] prompt and longest answer, each token at its dearest, times the multiplier', () => {
    expect(compute()).toBe(100n * IN + 20n * OUT);
    expect(compute({}, { rateMultiplier: '1.5' })).toBe(((100n * IN + 20n * OUT) * 3n) / 2n);
    expect(compute({}, { rateMultiplier: '0' })).toBe(0n);
  });

  it('[MON-4] without max_tokens the longest answer that the model gives', () => {
    const longest = builtInPriceBook.findMaxOutput(MODEL);
    expect(longest).not.toBeNull();
    expect(compute({ maxTokens: null })).toBe(100n * IN + BigInt(longest ?? 0) * OUT);
  });

  it('[MON-4] the dearest of the models that the accounts map it to', () => {
    const cheap = mapTo('a', 'claude-haiku-4-5');
    const dear = mapTo('b', 'claude-opus-4-1');
    const one = (account: typeof cheap) => compute({ pool: buildPool([account]) });
    expect(one(dear)).toBeGreaterThan(one(cheap));
    expect(compute({ pool: buildPool([cheap, dear]) })).toBe(one(dear));
    expect(compute({ pool: buildPool([dear, cheap, cheap]) })).toBe(one(dear));
  });

  it('[MON-4] accounts that can never serve it do not count: routed away, disabled, of another model', () => {
    const cheap = mapTo('a', 'claude-haiku-4-5');
    const dear = mapTo('b', 'claude-opus-4-1');
    const alone = compute({ pool: buildPool([cheap]) });
    const routing = [{ pattern: 'claude-*', accountIds: [cheap.id] }];
    expect(compute({ pool: buildPool([cheap, dear]) }, { modelRouting: routing })).toBe(alone);
    expect(compute({ pool: buildPool([cheap, { ...dear, status: 'disabled' }]) })).toBe(alone);
    const other = buildAccount({ modelMapping: { other: 'claude-opus-4-1' } });
    expect(compute({ pool: buildPool([cheap, other]) })).toBe(alone);
  });

  it('[MON-2] models without a price are left out; with none the hold is 0, and nothing is decided here', () => {
    const unheard = mapTo('a', 'unheard-of');
    expect(compute({ pool: buildPool([unheard, buildAccount()]) })).toBe(compute());
    expect(compute({ pool: buildPool([unheard]) })).toBe(0n);
    expect(compute({ pool: buildPool([]) })).toBe(0n);
  });

  it('[MON-4] a group caps what is held', () => {
    expect(compute({}, { holdMax: '5' })).toBe(5n);
    expect(compute({}, { holdMax: parseUsd('900').toString() })).toBe(compute());
    expect(compute({}, { holdMax: '0' })).toBe(0n);
  });

  it.each([Number.MAX_SAFE_INTEGER, 2 ** 40])(
    'an absurd max_tokens of %i is bounded, and fits the store',
    (maxTokens) => {
      const hold = compute({ maxTokens }, { rateMultiplier: '999999' });
      expect(hold).toBe(10n ** 18n);
      expect(compute({ maxTokens }, { holdMax: (10n ** 30n).toString() })).toBe(10n ** 18n);
    },
  );

  it('[MON-2] the dearer tier of a long prompt', () => {
    const under = compute({ inputTokens: 200_000 });
    expect(under).toBe(200_000n * IN + 20n * OUT);
    const over = compute({ inputTokens: 200_001 });
    expect(over).toBe(builtInPriceBook.computeHold(MODEL, 200_001, 20, START_MS));
    expect(over).toBeGreaterThan(under + IN);
  });

  it('[MON-2] a picture, at the group’s own price', () => {
    const images = { '1k': '7', '2k': null, '4k': '9' };
    expect(compute({}, { imagePrices: images }) - compute()).toBe(9n);
  });

  it('[MON-2] another price from a moment on is held a second later at most', () => {
    const entry = (input: string, effectiveFrom: string): PriceEntry => ({
      model: MODEL,
      platform: 'anthropic',
      effectiveFrom,
      prices: { input, output: '0' },
    });
    const prices = createPriceBook([entry('1', '2026-01-01'), entry('2', '2026-11-02')], 'v1');
    const pool = buildPool();
    const group = buildGroup({ rateMultiplier: '1' });
    const at = (nowMs: number, book = prices) =>
      computeRequestHold({ pool, group, model: MODEL, inputTokens: 1, maxTokens: 0 }, book, nowMs);
    const changeMs = Date.UTC(2026, 10, 2);
    const before = at(changeMs - 500);
    expect([before > 0n, at(changeMs - 1), at(changeMs + 499)]).toEqual([true, before, before]);
    expect(at(changeMs + 500)).toBe(before * 2n);
    const another = createPriceBook([entry('5', '2026-01-01')], 'v2');
    expect(at(changeMs + 501, another)).toBe(before * 5n);
  });

  it('any number of models that clients make up is bounded', () => {
    const pool = buildPool();
    const group = buildGroup();
    const ask = (model: string) =>
      computeRequestHold({ pool, group, model, inputTokens: 1, maxTokens: 1 }, builtInPriceBook, START_MS);
    for (let index = 0; index < 2_500; index += 1) expect(ask(`m${index}`)).toBe(0n);
    expect(ask(MODEL)).toBeGreaterThan(0n);
  });

  it('[MON-4] no usage within the request’s bounds costs more than its hold', () => {
    const models = ['claude-sonnet-4-5', 'claude-haiku-4-5', 'claude-opus-4-1', 'gpt-5', 'gemini-2.5-pro'];
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...models), { minLength: 1 }),
        fc.array(fc.nat(200_000), { minLength: 4, maxLength: 4 }),
        fc.tuple(fc.nat(50_000), fc.nat(50_000)),
        fc.nat(3_000_000),
        (
          upstream,
          [inputTokens = 0, cacheReadTokens = 0, cacheWrite5mTokens = 0, cacheWrite1hTokens = 0],
          [outputTokens, rest],
          micro,
        ) => {
          const rateMultiplier = `${Math.trunc(micro / 1e6)}.${String(micro % 1e6).padStart(6, '0')}`;
          const pool = buildPool(upstream.map((model) => mapTo(model, model)));
          const hold = compute(
            {
              pool,
              inputTokens: inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens,
              maxTokens: outputTokens + rest,
            },
            { rateMultiplier },
          );
          const usage = {
            ...ZERO_USAGE,
            inputTokens,
            cacheReadTokens,
            cacheWrite5mTokens,
            cacheWrite1hTokens,
            outputTokens,
          };
          for (const model of upstream) {
            const cost = builtInPriceBook.computeCost(
              { usage, extra: [], media: null, model },
              model,
              START_MS,
            );
            if (!cost.isPriced) throw new Error(`no price of ${model}`);
            const actual = applyMultiplier(picoUsd(cost.standardCost), parseMultiplier(rateMultiplier));
            expect(actual <= hold).toBe(true);
          }
        },
      ),
    );
  });
});

import { readFileSync } from 'node:fs';
import { ZERO_USAGE, type TokenUsage } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { builtInPriceBook } from '../built-in-price-book.ts';
import { mergePrices } from '../merge-prices.ts';
import { createPriceBook, type PriceBook } from '../price-book.ts';
import type { PriceEntry } from '../price-entry.ts';
import { planLiteLlmImport, type ImportPlan } from './plan-import.ts';

const FILE = readFileSync(new URL('./fixtures/model-prices.json', import.meta.url), 'utf8');
const FROM = '2026-11-21T10:00:00Z';
const AT = Date.parse(FROM);
const EMPTY = createPriceBook([], 'empty');
const FIELDS = {
  litellm_provider: 'openai',
  mode: 'chat',
  input_cost_per_token: '1e-06',
  output_cost_per_token: '2e-06',
};

/** One model with these fields; a text stands for itself, so that any number can be written. */
function buildFile(models: Record<string, Record<string, unknown>>): string {
  return JSON.stringify(models).replace(/"(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"(?=[,}\]])/g, '$1');
}

function planOne(fields: Record<string, unknown>, book: PriceBook = EMPTY): ImportPlan {
  return planLiteLlmImport(buildFile({ m: { ...FIELDS, ...fields } }), book, FROM);
}

function reasonsOf(plan: ImportPlan): Record<string, string> {
  return Object.fromEntries(plan.skipped.map(({ name, reason }) => [name, reason]));
}

function costOf(entries: readonly PriceEntry[], model: string, usage: Partial<TokenUsage>): unknown {
  const book = createPriceBook(mergePrices(builtInPriceBook.entries, entries), 'v');
  const cost = book.computeCost(
    { usage: { ...ZERO_USAGE, ...usage }, extra: [], media: null, model: null },
    model,
    AT,
  );
  return cost.isPriced ? cost.standardCost : cost;
}

describe('planLiteLlmImport of the real format', () => {
  const plan = planLiteLlmImport(FILE, builtInPriceBook, FROM);
  const changes = new Map(plan.models.map((model) => [model.model, model]));

  it('[MON-2] takes what the gateway can serve, and says what is new, changed and the same', () => {
    expect(plan.models.map(({ model, change }) => [model, change])).toEqual([
      ['claude-haiku-4-5', 'same'],
      ['claude-opus-4-1', 'same'],
      ['claude-sonnet-4-5', 'changed'],
      ['gemini-2.5-flash', 'changed'],
      ['gemini-2.5-flash-image', 'changed'],
      ['gemini-2.5-pro', 'same'],
      ['gpt-4o', 'same'],
      ['gpt-4o-audio-preview', 'new'],
      ['gpt-4o-search-preview', 'new'],
      ['gpt-5', 'changed'],
      ['o3-deep-research', 'new'],
    ]);
    expect(plan.entries.every(({ effectiveFrom }) => effectiveFrom === FROM)).toBe(true);
  });

  it('[MON-2] shows each difference to the present price, and keeps what the file does not say', () => {
    // The file knows no 1-hour writes of Sonnet 4.5: the present ones stay, in the long prompt too.
    expect(changes.get('claude-sonnet-4-5')?.differences).toEqual([
      { field: 'contextTokens', from: '1000000', to: '200000' },
    ]);
    expect(changes.get('gpt-5')?.differences).toEqual([
      { field: 'contextTokens', from: '400000', to: '272000' },
    ]);
    expect(plan.entries.find(({ model }) => model === 'gemini-2.5-flash')).toMatchObject({
      prices: { input: '0.3', output: '2.5', audioInput: '1', reasoning: '2.5', cacheRead: '0.03' },
      webSearch: '0.035',
      maxOutputTokens: 65_535,
    });
  });

  it('[MON-2] says of everything else why it was skipped', () => {
    expect(reasonsOf(plan)).toEqual({
      '1024-x-1024/dall-e-2': 'a variant (region, speed or size) of a model',
      'anthropic.claude-sonnet-4-5-20250929-v1:0': 'provider "bedrock_converse"',
      'claude-haiku-4-5-20251001': 'has the price of claude-haiku-4-5',
      'gemini-2.5-pro': 'provider "vertex_ai-language-models"',
      'gemini/gemini-2.0-flash-exp': 'prices of 0 are not taken',
      'gemini/imagen-4.0-generate-001': 'no input_cost_per_token',
      'text-embedding-3-small': 'mode "embedding"',
      'xai/grok-4': 'provider "xai"',
    });
    expect(Object.fromEntries(plan.ignoredFields)).toEqual({
      input_cost_per_token_priority: 1,
      input_cost_per_token_batches: 1,
      output_cost_per_token_batches: 1,
      cache_read_input_token_cost_flex: 1,
    });
    expect(changes.get('gpt-4o-search-preview')?.notes).toEqual([
      'searches cost 0.035, 0.03, 0.05: 0.035 is taken for all sizes',
    ]);
    expect(changes.get('gemini-2.5-flash-image')?.notes[0]).toMatch(/pictures are charged by their tokens/);
  });

  it('[MON-1] what was read is charged to the pico-USD', () => {
    expect(costOf(plan.entries, 'o3-deep-research', { inputTokens: 3, outputTokens: 7 })).toBe(310_000_000n);
    expect(costOf(plan.entries, 'gpt-4o-search-preview', { webSearchRequests: 1 })).toBe(35_000_000_000n);
    expect(costOf(plan.entries, 'claude-sonnet-4-5', { inputTokens: 200_001 })).toBe(200_001n * 6_000_000n);
  });

  it('[MON-2] a second time changes nothing', () => {
    const after = createPriceBook(mergePrices(builtInPriceBook.entries, plan.entries), 'v');
    expect(planLiteLlmImport(FILE, after, FROM).entries).toEqual([]);
  });
});

describe('planLiteLlmImport', () => {
  it.each([
    ['a negative price', { input_cost_per_token: '-1e-06' }, 'negative: -1'],
    [
      'a price beyond the range of a float',
      { input_cost_per_token: '1e400' },
      'input_cost_per_token is not a price',
    ],
    [
      'a price below the range of a float',
      { output_cost_per_token: '1e-400' },
      'output_cost_per_token is not a price',
    ],
    ['a price per million by mistake', { input_cost_per_token: '3' }, 'more than any model costs: 3000000'],
    [
      'a price finer than a pico-USD',
      { input_cost_per_token: '1.5e-13' },
      'not a whole number of pico-USD per token: 0.00000015',
    ],
    ['a text', { input_cost_per_token: 'free' }, 'input_cost_per_token is not a price'],
    ['no output price', { output_cost_per_token: null }, 'no output_cost_per_token'],
    ['a bad price of a tier', { input_cost_per_token_above_200k_tokens: '-2e-06' }, 'negative: -2'],
    ['a tier of nothing', { input_cost_per_token_above_0k_tokens: '2e-06' }, 'not a prompt length: 0'],
    [
      'a bad price of searches',
      { search_context_cost_per_query: { search_context_size_low: true } },
      'search_context_cost_per_query is not a price',
    ],
    [
      'searches of another shape',
      { search_context_cost_per_query: '0.01' },
      'search_context_cost_per_query is not an object',
    ],
    ['no provider', { litellm_provider: null }, 'provider missing or not a text'],
    [
      'a provider that is a property of every object',
      { litellm_provider: 'constructor' },
      'provider "constructor"',
    ],
    ['another mode', { mode: 'rerank' }, 'mode "rerank"'],
  ])('[MON-2] skips a model with %s', (_name, fields, reason) => {
    const plan = planOne(fields);
    expect(plan.entries).toEqual([]);
    expect(reasonsOf(plan)).toEqual({ m: reason });
  });

  it('[MON-2] reads each tier, whatever its length, over the base price', () => {
    const plan = planOne({
      input_cost_per_token_above_128k_tokens: '3e-06',
      input_cost_per_token_above_512k_tokens: '4e-06',
      output_cost_per_token_above_512k_tokens: '5e-06',
    });
    expect(plan.entries[0]?.longPrompts).toEqual([
      { overTokens: 128_000, prices: { input: '3', output: '2' } },
      { overTokens: 512_000, prices: { input: '4', output: '5' } },
    ]);
  });

  it('[MON-2] limits that contradict each other, or are none, are told', () => {
    const told = planOne({ max_tokens: '4096', max_output_tokens: '8192', max_input_tokens: 'many' });
    expect(told.entries[0]).toMatchObject({ maxOutputTokens: 8_192 });
    expect(told.models[0]?.notes).toEqual([
      'max_input_tokens is not a number of tokens',
      'max_tokens 4096 contradicts max_output_tokens 8192: the latter is taken',
    ]);
    expect(planOne({ max_tokens: '1.5' }).entries[0]).not.toHaveProperty('maxOutputTokens');
  });

  it('[API-6] what is no longer sold on that day is priced and not listed', () => {
    const file = buildFile({
      old: { ...FIELDS, deprecation_date: '2026-11-20' },
      young: { ...FIELDS, deprecation_date: '2026-12-31' },
      odd: { ...FIELDS, deprecation_date: 'soon' },
    });
    const book = createPriceBook(planLiteLlmImport(file, EMPTY, FROM).entries, 'v');
    expect(book.listModels('openai')).toEqual(['young', 'odd']);
    expect(book.findPrice('old', AT)).not.toBeNull();
  });

  it('[MON-2] a price by the picture is taken where its tokens have none', () => {
    expect(planOne({ output_cost_per_image: '0.039' }).entries[0]?.images).toEqual({ '1k': '0.039' });
  });

  it('[MON-2] names given twice, fields given twice: no one can tell which is meant', () => {
    const good = JSON.stringify(FIELDS).replace(/"(\d[^"]*)"/g, '$1');
    const text = `{"a":${good},"b":${good},"a":${good},"c":{"mode":"chat",${good.slice(1)},"d":{"x":{"y":1,"y":2}}}`;
    const plan = planLiteLlmImport(text, EMPTY, FROM);
    expect(plan.models.map(({ model }) => model)).toEqual(['b']);
    expect(reasonsOf(plan)).toMatchObject({
      a: expect.stringMatching(/twice/),
      c: expect.stringMatching(/twice/),
    });
  });

  it('[MON-2] one model under two names: the same is one, a contradiction is none', () => {
    const dearer = { ...FIELDS, input_cost_per_token: '9e-06' };
    const same = planLiteLlmImport(buildFile({ m: FIELDS, 'openai/m': FIELDS }), EMPTY, FROM);
    expect(same.models.map(({ model }) => model)).toEqual(['m']);
    expect(reasonsOf(same)).toEqual({ 'openai/m': 'the same as m' });
    const torn = planLiteLlmImport(
      buildFile({ m: FIELDS, 'openai/m': dearer, 'anthropic/m': FIELDS }),
      EMPTY,
      FROM,
    );
    expect(torn.models).toEqual([]);
    expect(reasonsOf(torn)).toEqual({
      m: 'contradicts openai/m',
      'openai/m': 'contradicts m',
      'anthropic/m': 'contradicts m',
    });
  });

  it('[MON-2] a dated name with a price of its own keeps it; an alias of the book is left alone', () => {
    const dearer = { ...FIELDS, input_cost_per_token: '9e-06' };
    const plan = planLiteLlmImport(
      buildFile({ m: FIELDS, 'm-2026-01-01': dearer, 'm-latest': FIELDS }),
      EMPTY,
      FROM,
    );
    expect(plan.models.map(({ model }) => model)).toEqual(['m', 'm-2026-01-01']);
    const alias = planLiteLlmImport(buildFile({ 'gpt-5.6': FIELDS }), builtInPriceBook, FROM);
    expect(reasonsOf(alias)).toEqual({ 'gpt-5.6': 'another name of gpt-5.6-sol' });
    const stolen = planLiteLlmImport(buildFile({ 'claude-opus-5': FIELDS }), builtInPriceBook, FROM);
    expect(reasonsOf(stolen)).toEqual({ 'claude-opus-5': 'a model of anthropic in the present book' });
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"a":'],
    ['NaN', '{"a":{"input_cost_per_token":NaN}}'],
    ['a list', '[]'],
    ['a text', '"prices"'],
    ['depth without end', '{"a":'.repeat(200_000)],
    ['more than anybody has', `{"a":"${'x'.repeat(8_000_001)}"}`],
  ])('[MON-2] refuses a file with %s', (_name, text) => {
    expect(() => planLiteLlmImport(text, EMPTY, FROM)).toThrow(RangeError);
  });

  it('[MON-2] entries of any other shape are skipped, names from hell too', () => {
    const text = `{"a":null,"b":[],"c":3,"d":"x","__proto__":{"litellm_provider":"openai"},"":{},"constructor":{},
      "e\\u0000f":${JSON.stringify(FIELDS)}}`;
    const plan = planLiteLlmImport(text, EMPTY, FROM);
    expect(plan.models).toEqual([]);
    expect(plan.skipped).toHaveLength(8);
    expect(() => planLiteLlmImport('{}', EMPTY, 'soon')).not.toThrow();
    expect(() => planLiteLlmImport(buildFile({ m: FIELDS }), EMPTY, 'soon')).toThrow(RangeError);
  });
});

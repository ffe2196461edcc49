import { ZERO_MEDIA, ZERO_USAGE, type MediaUsage, type TokenUsage } from '@tollgate/core';
import { listRecordings } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import { builtInPriceBook, buildPriceVersion } from './built-in-price-book.ts';

const AT = Date.parse('2026-11-21T00:00:00Z');

function costOf(model: string, usage: Partial<TokenUsage>, at = AT): unknown {
  const metered = { usage: { ...ZERO_USAGE, ...usage }, extra: [], media: null, model: null };
  const cost = builtInPriceBook.computeCost(metered, model, at);
  return cost.isPriced ? cost.standardCost : cost;
}

describe('builtInPriceBook', () => {
  it('[MON-2] knows every model of the recorded Anthropic answers', () => {
    const models = listRecordings({ protocol: 'anthropic.messages' }).map(({ model }) => model ?? '');
    const unknown = models.filter((model) => model !== '' && builtInPriceBook.findPrice(model, AT) === null);
    expect(unknown).toEqual([]);
  });

  it.each([
    // Worked by hand from the vendors' tables: 1,000 tokens of each class, 1 search.
    ['claude-sonnet-4-6', 3_000_000_000n + 300_000_000n + 3_750_000_000n + 6_000_000_000n + 15_000_000_000n],
    ['claude-opus-4-8', 5_000_000_000n + 500_000_000n + 6_250_000_000n + 10_000_000_000n + 25_000_000_000n],
    [
      'claude-haiku-4-5-20251001',
      1_000_000_000n + 100_000_000n + 1_250_000_000n + 2_000_000_000n + 5_000_000_000n,
    ],
  ])('[MON-2] %s', (model, tokens) => {
    const usage = {
      inputTokens: 1_000,
      cacheReadTokens: 1_000,
      cacheWrite5mTokens: 1_000,
      cacheWrite1hTokens: 1_000,
      outputTokens: 1_000,
    };
    expect(costOf(model, usage)).toBe(tokens);
    expect(costOf(model, { ...usage, webSearchRequests: 1 })).toBe(tokens + 10_000_000_000n);
  });

  it('[MON-2] long prompts: Sonnet 4.5 over 200k, Gemini 2.5 Pro over 200k, Haiku 5.5 over 100k', () => {
    expect(costOf('claude-sonnet-4-5', { inputTokens: 200_000 })).toBe(600_000_000_000n);
    expect(costOf('claude-sonnet-4-5', { inputTokens: 200_001 })).toBe(1_200_006_000_000n);
    expect(costOf('gemini-2.5-pro', { inputTokens: 1, cacheReadTokens: 200_000 })).toBe(50_002_500_000n);
    expect(costOf('claude-haiku-5-5', { inputTokens: 100_001 })).toBe(50_000_500_000n);
  });

  it('[MON-2] a price change counts from its day on', () => {
    const usage = { cacheReadTokens: 1 };
    expect(costOf('claude-sonnet-5-5', usage, Date.parse('2026-10-06T23:59:59Z'))).toBe(200_000n);
    expect(costOf('claude-sonnet-5-5', usage, Date.parse('2026-10-07T00:00:00Z'))).toBe(100_000n);
  });

  it('[MON-2] the version changes with the content', () => {
    expect(builtInPriceBook.version).toMatch(/^builtin-\d{4}-\d{2}-\d{2}-[0-9a-f]{8}$/);
    const entry = { model: 'm', platform: 'openai', prices: { input: '1', output: '1' } } as const;
    const dearer = { ...entry, prices: { input: '2', output: '1' } };
    expect(buildPriceVersion('v', [entry])).toBe(buildPriceVersion('v', [{ ...entry }]));
    expect(buildPriceVersion('v', [entry])).not.toBe(buildPriceVersion('v', [dearer]));
  });

  it('[MON-4] knows how long an answer of each model that is sold can be', () => {
    const sold = (['anthropic', 'openai', 'gemini'] as const).flatMap((platform) =>
      builtInPriceBook.listModels(platform),
    );
    expect(sold.filter((model) => builtInPriceBook.findMaxOutput(model) === null)).toEqual([]);
    expect(builtInPriceBook.findMaxOutput('claude-sonnet-4-5-20250929')).toBe(64_000);
    expect(builtInPriceBook.findContext('models/gemini-2.5-pro')).toBe(1_048_576);
    expect(builtInPriceBook.findMaxOutput('nobody')).toBeNull();
  });

  it('[MON-2] sound and pictures: Gemini 2.5 Flash hears at 1 USD, its image model draws at 0.0387', () => {
    const cost = (model: string, usage: Partial<TokenUsage>, media: Partial<MediaUsage>) => {
      const metered = { usage: { ...ZERO_USAGE, ...usage }, extra: [], model: null };
      return builtInPriceBook.computeCost({ ...metered, media: { ...ZERO_MEDIA, ...media } }, model, AT);
    };
    expect(cost('gemini-2.5-flash', { inputTokens: 300 }, { audioInputTokens: 100 })).toMatchObject({
      standardCost: 200n * 300_000n + 100n * 1_000_000n,
    });
    const picture = { imageOutputTokens: 1_290, images1k: 1 };
    expect(cost('gemini-2.5-flash-image', { outputTokens: 1_290 }, picture)).toMatchObject({
      standardCost: 38_700_000_000n,
    });
  });
});

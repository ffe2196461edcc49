import type { PriceEntry, TokenPriceText } from '../price-entry.ts';

/** Columns of the vendor's table: input, cached input, output; then cache writes, where they cost extra. */
function row(input: string, cacheRead: string | null, output: string, cacheWrite?: string): TokenPriceText {
  return {
    input,
    output,
    ...(cacheRead === null ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite5m: cacheWrite }),
  };
}

/** Since GPT-5.4: "prompts over 272K input tokens: 2× input, 1.5× output for the whole request". */
const overTokens = 272_000;
const platform = 'openai';

/** Sources for GPT-6: the models' pages under https://developers.openai.com/api/docs/models/. */
const GPT_6: readonly PriceEntry[] = [
  // Released 2026-09-29.
  {
    model: 'gpt-6.1-sol',
    platform,
    prices: row('2', '0.10', '10', '2.50'),
    longPrompts: [{ overTokens, prices: row('4', '0.20', '15', '5') }],
  },
  // Released 2026-09-03; figures with the long tier as in anomalyco/models.dev gpt-6-astra.toml.
  {
    model: 'gpt-6-astra',
    platform,
    prices: row('10', '1', '50', '12.50'),
    longPrompts: [{ overTokens, prices: row('20', '2', '75', '25') }],
  },
  // Released 2026-09-22; BerriAI/litellm discussion 42523 for the long tier (2× input and cache, 1.5× output).
  {
    model: 'gpt-6-sol',
    platform,
    prices: row('2', '0.20', '10', '2.50'),
    longPrompts: [{ overTokens, prices: row('4', '0.40', '15', '5') }],
  },
  {
    model: 'gpt-6-luna',
    platform,
    prices: row('0.10', '0.01', '0.50', '0.125'),
    longPrompts: [{ overTokens, prices: row('0.20', '0.02', '0.75', '0.25') }],
  },
];

/**
 * Launch prices of 2026-07-09: litellm; cuts of Terra and Luna on 2026-07-30 and of Sol on 2026-08-21 (a
 * promotion "at least through 2026-11-21", no end announced): https://developers.openai.com/api/docs/pricing and
 * the page of gpt-5.6-luna ("cache writes: 1.25 × uncached input"). `gpt-5.6` is Sol.
 */
const GPT_5_6: readonly PriceEntry[] = [
  {
    model: 'gpt-5.6-sol',
    aliases: ['gpt-5.6'],
    platform,
    prices: row('5', '0.50', '30', '6.25'),
    longPrompts: [{ overTokens, prices: row('10', '1', '45', '12.50') }],
  },
  {
    model: 'gpt-5.6-sol',
    platform,
    effectiveFrom: '2026-08-21',
    prices: row('4', '0.40', '20', '5'),
    longPrompts: [{ overTokens, prices: row('8', '0.80', '30', '10') }],
  },
  {
    model: 'gpt-5.6-terra',
    platform,
    prices: row('2.50', '0.25', '15', '3.125'),
    longPrompts: [{ overTokens, prices: row('5', '0.50', '22.50', '6.25') }],
  },
  {
    model: 'gpt-5.6-terra',
    platform,
    effectiveFrom: '2026-07-30',
    prices: row('2', '0.20', '12', '2.50'),
    longPrompts: [{ overTokens, prices: row('4', '0.40', '18', '5') }],
  },
  {
    model: 'gpt-5.6-luna',
    platform,
    prices: row('1', '0.10', '6', '1.25'),
    longPrompts: [{ overTokens, prices: row('2', '0.20', '9', '2.50') }],
  },
  {
    model: 'gpt-5.6-luna',
    platform,
    effectiveFrom: '2026-07-30',
    prices: row('0.20', '0.02', '1.20', '0.25'),
    longPrompts: [{ overTokens, prices: row('0.40', '0.04', '1.80', '0.50') }],
  },
];

/** Source: model_prices_and_context_window.json of BerriAI/litellm (standard tier). */
const GPT_5: readonly PriceEntry[] = [
  {
    model: 'gpt-5.5',
    platform,
    prices: row('5', '0.50', '30'),
    longPrompts: [{ overTokens, prices: row('10', '1', '45') }],
  },
  {
    model: 'gpt-5.5-pro',
    platform,
    prices: row('30', '3', '180'),
    longPrompts: [{ overTokens, prices: row('60', '6', '270') }],
  },
  {
    model: 'gpt-5.4',
    platform,
    prices: row('2.50', '0.25', '15'),
    longPrompts: [{ overTokens, prices: row('5', '0.50', '22.50') }],
  },
  {
    model: 'gpt-5.4-pro',
    platform,
    prices: row('30', '3', '180'),
    longPrompts: [{ overTokens, prices: row('60', '6', '270') }],
  },
  { model: 'gpt-5.4-mini', platform, prices: row('0.75', '0.075', '4.50') },
  { model: 'gpt-5.4-nano', platform, prices: row('0.20', '0.02', '1.25') },
  { model: 'gpt-5.3-codex', platform, prices: row('1.75', '0.175', '14') },
  { model: 'gpt-5.3-chat-latest', platform, prices: row('1.75', '0.175', '14') },
  { model: 'gpt-5.2', platform, prices: row('1.75', '0.175', '14') },
  { model: 'gpt-5.2-codex', platform, prices: row('1.75', '0.175', '14') },
  { model: 'gpt-5.2-chat-latest', platform, prices: row('1.75', '0.175', '14') },
  { model: 'gpt-5.2-pro', platform, prices: row('21', null, '168') },
  { model: 'gpt-5.1', platform, prices: row('1.25', '0.125', '10') },
  { model: 'gpt-5.1-chat-latest', platform, prices: row('1.25', '0.125', '10') },
  { model: 'gpt-5.1-codex', platform, prices: row('1.25', '0.125', '10') },
  { model: 'gpt-5.1-codex-max', platform, prices: row('1.25', '0.125', '10') },
  { model: 'gpt-5.1-codex-mini', platform, prices: row('0.25', '0.025', '2') },
  { model: 'gpt-5', platform, prices: row('1.25', '0.125', '10') },
  { model: 'gpt-5-chat-latest', platform, prices: row('1.25', '0.125', '10') },
  { model: 'gpt-5-codex', platform, prices: row('1.25', '0.125', '10') },
  { model: 'gpt-5-mini', platform, prices: row('0.25', '0.025', '2') },
  // simonw/llm-prices data/openai.json.
  { model: 'gpt-5-nano', platform, prices: row('0.05', '0.005', '0.40') },
  { model: 'gpt-5-pro', platform, prices: row('15', null, '120') },
];

/** Source: data/openai.json of simonw/llm-prices, cross-checked with prices/providers/openai.yml of genai-prices. */
const GPT_4_AND_O: readonly PriceEntry[] = [
  { model: 'gpt-4.1', platform, prices: row('2', '0.50', '8') },
  { model: 'gpt-4.1-mini', platform, prices: row('0.40', '0.10', '1.60') },
  { model: 'gpt-4.1-nano', platform, prices: row('0.10', '0.025', '0.40') },
  { model: 'gpt-4o', platform, prices: row('2.50', '1.25', '10') },
  // The first snapshot kept its launch price.
  { model: 'gpt-4o-2024-05-13', platform, prices: row('5', null, '15') },
  { model: 'gpt-4o-mini', platform, prices: row('0.15', '0.075', '0.60') },
  { model: 'o4-mini', platform, prices: row('1.10', '0.275', '4.40') },
  { model: 'o3', platform, prices: row('2', '0.50', '8') },
  { model: 'o3-pro', platform, prices: row('20', null, '80') },
  { model: 'o3-mini', platform, prices: row('1.10', '0.55', '4.40') },
  { model: 'o1', platform, prices: row('15', '7.50', '60') },
  { model: 'o1-pro', platform, prices: row('150', null, '600') },
  { model: 'gpt-4-vision-preview', platform, prices: row('10', null, '30'), isRetired: true },
  { model: 'gpt-4-1106-vision-preview', platform, prices: row('10', null, '30'), isRetired: true },
  // anomalyco/models.dev gpt-3.5-turbo.toml; the bare name is this snapshot.
  {
    model: 'gpt-3.5-turbo-0125',
    aliases: ['gpt-3.5-turbo'],
    platform,
    prices: row('0.50', null, '1.50'),
    isRetired: true,
  },
];

/** Standard tier, text tokens, USD per million. No entry has a web search price: none could be sourced per model. */
export const OPENAI_PRICES: readonly PriceEntry[] = [...GPT_6, ...GPT_5_6, ...GPT_5, ...GPT_4_AND_O];

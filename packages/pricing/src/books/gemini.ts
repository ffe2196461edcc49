import type { PriceEntry, TokenPriceText } from '../price-entry.ts';

/** Columns of the vendor's table: input (text, image, video), context caching, output (thinking included), sound. */
function row(input: string, cacheRead: string, output: string, audioInput?: string): TokenPriceText {
  return { input, cacheRead, output, ...(audioInput !== undefined && { audioInput }) };
}

/** "Grounding with Google Search": 14 USD per 1,000 searches on Gemini 3, 35 USD per 1,000 prompts before. */
const SEARCH_3 = '0.014';
const SEARCH_2 = '0.035';

const platform = 'gemini';
const overTokens = 200_000;
const PRO_3 = { overTokens, prices: row('4', '0.40', '18') };

/**
 * Source: https://ai.google.dev/gemini-api/docs/pricing, paid tier, USD per million tokens, by way of
 * model_prices_and_context_window.json of BerriAI/litellm, data/google.json of simonw/llm-prices and the google
 * models of anomalyco/models.dev. Sound out of a cache is
 * charged as text out of one. 3.6, 3.7 and
 * 3.8 Flash are at half price through 2026-12-31.
 */
export const GEMINI_PRICES: readonly PriceEntry[] = [
  ...buildIntroductoryFlash('gemini-3.8-flash'),
  ...buildIntroductoryFlash('gemini-3.7-flash'),
  ...buildIntroductoryFlash('gemini-3.6-flash'),
  { model: 'gemini-3.5-flash', platform, prices: row('1.50', '0.15', '9'), webSearch: SEARCH_3 },
  {
    model: 'gemini-3.1-pro-preview',
    aliases: ['gemini-3.1-pro-preview-customtools'],
    platform,
    prices: row('2', '0.20', '12'),
    longPrompts: [PRO_3],
    webSearch: SEARCH_3,
  },
  {
    model: 'gemini-3.1-flash-lite',
    platform,
    prices: row('0.25', '0.025', '1.50', '0.50'),
    webSearch: SEARCH_3,
  },
  {
    model: 'gemini-3.1-flash-lite-preview',
    platform,
    prices: row('0.25', '0.025', '1.50', '0.50'),
    webSearch: SEARCH_3,
  },
  // Pictures at 1K and 2K are 1,120 tokens (0.134 USD), at 4K 2,000 (0.24 USD).
  {
    model: 'gemini-3-pro-image-preview',
    aliases: ['gemini-3-pro-image'],
    platform,
    prices: { input: '2', output: '12', imageOutput: '120' },
    webSearch: SEARCH_3,
  },
  { model: 'gemini-3-flash-preview', platform, prices: row('0.50', '0.05', '3', '1'), webSearch: SEARCH_3 },
  {
    model: 'gemini-3-pro-preview',
    platform,
    prices: row('2', '0.20', '12'),
    longPrompts: [PRO_3],
    webSearch: SEARCH_3,
    isRetired: true,
  },
  {
    model: 'gemini-2.5-pro',
    platform,
    prices: row('1.25', '0.125', '10'),
    longPrompts: [{ overTokens, prices: row('2.50', '0.25', '15') }],
    webSearch: SEARCH_2,
  },
  { model: 'gemini-2.5-flash', platform, prices: row('0.30', '0.03', '2.50', '1'), webSearch: SEARCH_2 },
  // Pictures at 1K are 1,290 tokens (0.039 USD).
  {
    model: 'gemini-2.5-flash-image',
    platform,
    prices: { input: '0.30', output: '2.50', imageOutput: '30' },
  },
  {
    model: 'gemini-2.5-flash-lite',
    platform,
    prices: row('0.10', '0.01', '0.40', '0.30'),
    webSearch: SEARCH_2,
  },
  {
    model: 'gemini-2.0-flash',
    aliases: ['gemini-2.0-flash-001'],
    platform,
    prices: row('0.10', '0.025', '0.40', '0.70'),
    webSearch: SEARCH_2,
    isRetired: true,
  },
  {
    model: 'gemini-2.0-flash-lite',
    aliases: ['gemini-2.0-flash-lite-001'],
    platform,
    prices: row('0.075', '0.01875', '0.30'),
    webSearch: SEARCH_2,
    isRetired: true,
  },
];

function buildIntroductoryFlash(model: string): PriceEntry[] {
  return [
    { model, platform, prices: row('0.75', '0.075', '3.75'), webSearch: SEARCH_3 },
    {
      model,
      platform,
      effectiveFrom: '2027-01-01',
      prices: row('1.50', '0.15', '7.50'),
      webSearch: SEARCH_3,
    },
  ];
}

import type { PriceEntry, TokenPriceText } from '../price-entry.ts';

/** https://platform.claude.com/docs/en/about-claude/pricing, "Web search tool": 10 USD per 1,000 searches. */
const webSearch = '0.01';

/** Columns of the vendor's table: base input, 5m cache writes, 1h cache writes, cache hits, output. */
function row(
  input: string,
  cacheWrite5m: string,
  cacheWrite1h: string,
  cacheRead: string,
  output: string,
): TokenPriceText {
  return { input, cacheWrite5m, cacheWrite1h, cacheRead, output };
}

const OPUS_4_5_AND_LATER = row('5', '6.25', '10', '0.50', '25');
const OPUS_4 = row('15', '18.75', '30', '1.50', '75');
const SONNET_3_AND_4 = row('3', '3.75', '6', '0.30', '15');
/** Sonnet 4 and 4.5 with the 1M context beta; same page, "Long context pricing". */
const SONNET_4_LONG = { overTokens: 200_000, prices: row('6', '7.50', '12', '0.60', '22.50') };

const platform = 'anthropic';

/**
 * Source unless an entry says otherwise: the model table of
 * https://platform.claude.com/docs/en/about-claude/pricing (USD per million tokens), cross-checked with
 * model_prices_and_context_window.json of BerriAI/litellm.
 */
export const ANTHROPIC_PRICES: readonly PriceEntry[] = [
  { model: 'claude-fable-5-1', platform, prices: row('10', '12.50', '20', '0.25', '50'), webSearch },
  // https://platform.claude.com/docs/en/models/opus-5-5/overview; released 2026-09-22.
  { model: 'claude-opus-5-5', platform, prices: row('4', '5', '8', '0.20', '20'), webSearch },
  // https://platform.claude.com/docs/en/models/sonnet-5-5/overview; cache hits were halved on 2026-10-07.
  { model: 'claude-sonnet-5-5', platform, prices: row('2', '2.50', '4', '0.20', '10'), webSearch },
  {
    model: 'claude-sonnet-5-5',
    platform,
    effectiveFrom: '2026-10-07',
    prices: row('2', '2.50', '4', '0.10', '10'),
    webSearch,
  },
  // Priced by prompt length since its release on 2026-10-07; two trackers of the vendor's page agree.
  {
    model: 'claude-haiku-5-5',
    platform,
    prices: row('0.10', '0.125', '0.20', '0.01', '0.50'),
    longPrompts: [{ overTokens: 100_000, prices: row('0.50', '0.625', '1', '0.05', '2.50') }],
    webSearch,
  },
  { model: 'claude-fable-5', platform, prices: row('10', '12.50', '20', '1', '50'), webSearch },
  { model: 'claude-opus-5', platform, prices: OPUS_4_5_AND_LATER, webSearch },
  { model: 'claude-sonnet-5', platform, prices: row('2', '2.50', '4', '0.20', '10'), webSearch },
  { model: 'claude-opus-4-8', platform, prices: OPUS_4_5_AND_LATER, webSearch },
  { model: 'claude-opus-4-7', platform, prices: OPUS_4_5_AND_LATER, webSearch },
  { model: 'claude-opus-4-6', platform, prices: OPUS_4_5_AND_LATER, webSearch },
  { model: 'claude-sonnet-4-6', platform, prices: SONNET_3_AND_4, webSearch },
  { model: 'claude-opus-4-5', platform, prices: OPUS_4_5_AND_LATER, webSearch },
  { model: 'claude-sonnet-4-5', platform, prices: SONNET_3_AND_4, longPrompts: [SONNET_4_LONG], webSearch },
  { model: 'claude-haiku-4-5', platform, prices: row('1', '1.25', '2', '0.10', '5'), webSearch },
  { model: 'claude-opus-4-1', platform, prices: OPUS_4, webSearch, isRetired: true },
  {
    model: 'claude-opus-4-0',
    aliases: ['claude-opus-4'],
    platform,
    prices: OPUS_4,
    webSearch,
    isRetired: true,
  },
  {
    model: 'claude-sonnet-4-0',
    aliases: ['claude-sonnet-4'],
    platform,
    prices: SONNET_3_AND_4,
    longPrompts: [SONNET_4_LONG],
    webSearch,
    isRetired: true,
  },
  { model: 'claude-3-7-sonnet', platform, prices: SONNET_3_AND_4, webSearch, isRetired: true },
  { model: 'claude-3-5-sonnet', platform, prices: SONNET_3_AND_4, isRetired: true },
  { model: 'claude-3-5-haiku', platform, prices: row('0.80', '1', '1.60', '0.08', '4'), isRetired: true },
  { model: 'claude-3-opus', platform, prices: OPUS_4, isRetired: true },
  { model: 'claude-3-haiku', platform, prices: row('0.25', '0.30', '0.50', '0.03', '1.25'), isRetired: true },
];

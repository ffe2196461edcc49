import { ZERO_MEDIA, type MediaUsage, type TokenUsage } from '@tollgate/core';
import * as fc from 'fast-check';
import { TOKEN_CLASSES, type PriceEntry, type TokenPriceText } from '../price-entry.ts';

/** USD per million tokens, whole pico-USD per token. */
const decimal = fc
  .tuple(fc.nat(999), fc.nat(999_999))
  .map(([whole, millionths]) => `${whole}.${String(millionths).padStart(6, '0')}`);
const tokenPrices: fc.Arbitrary<TokenPriceText> = fc
  .record(Object.fromEntries(TOKEN_CLASSES.map((name) => [name, decimal])), {
    requiredKeys: ['input', 'output'],
  })
  .map((prices) => prices as unknown as TokenPriceText);

/** A price with any classes, any number of tiers, and any pieces. */
export const arbitraryEntry: fc.Arbitrary<PriceEntry> = fc
  .record({
    prices: tokenPrices,
    tiers: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 400_000 }), tokenPrices), {
      maxLength: 3,
      selector: ([overTokens]) => overTokens,
    }),
    webSearch: fc.option(decimal, { nil: undefined }),
    images: fc.option(fc.record({ '1k': decimal, '2k': decimal, '4k': decimal }, { requiredKeys: [] }), {
      nil: undefined,
    }),
  })
  .map(buildEntry);

const count = fc.oneof(fc.nat(300), fc.nat(250_000), fc.nat(1_000_000_000));

/** Counts that fit together: parts are no more than what they are parts of. */
export const arbitraryUsage: fc.Arbitrary<TokenUsage> = fc
  .record({
    inputTokens: count,
    cacheReadTokens: count,
    cacheWrite5mTokens: count,
    cacheWrite1hTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    toolPromptTokens: count,
    webSearchRequests: fc.nat(50),
  })
  .map(addReasoning);

/** Usage with media in it; pictures have tokens, as vendors report them. */
export const arbitraryMediaUsage: fc.Arbitrary<{ usage: TokenUsage; media: MediaUsage | null }> = fc
  .tuple(
    arbitraryUsage,
    fc.option(
      fc.record({
        audioIn: count,
        imageIn: count,
        audioOut: count,
        imageOut: count,
        images: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)),
      }),
    ),
  )
  .map(([usage, parts]) => (parts === null ? { usage, media: null } : buildMedia(usage, parts)));

function buildMedia(
  usage: TokenUsage,
  parts: {
    audioIn: number;
    imageIn: number;
    audioOut: number;
    imageOut: number;
    images: [number, number, number];
  },
): { usage: TokenUsage; media: MediaUsage } {
  const [images1k, images2k, images4k] = parts.images;
  const pictures = images1k + images2k + images4k;
  const imageOut = pictures === 0 ? 0 : parts.imageOut + pictures;
  return {
    usage: {
      ...usage,
      inputTokens: usage.inputTokens + parts.audioIn + parts.imageIn,
      outputTokens: usage.outputTokens + parts.audioOut + imageOut,
    },
    media: {
      ...ZERO_MEDIA,
      audioInputTokens: parts.audioIn,
      imageInputTokens: parts.imageIn,
      audioOutputTokens: parts.audioOut,
      imageOutputTokens: imageOut,
      images1k,
      images2k,
      images4k,
    },
  };
}

interface EntryParts {
  prices: TokenPriceText;
  tiers: [number, TokenPriceText][];
  webSearch: string | undefined;
  images: PriceEntry['images'] | undefined;
}

function buildEntry({ prices, tiers, webSearch, images }: EntryParts): PriceEntry {
  return {
    model: 'm',
    platform: 'openai',
    prices,
    longPrompts: tiers.map(([overTokens, tier]) => ({ overTokens, prices: tier })),
    ...(webSearch !== undefined && { webSearch }),
    ...(images !== undefined && { images }),
  };
}

function addReasoning(usage: TokenUsage): TokenUsage {
  return { ...usage, outputTokens: usage.outputTokens + usage.reasoningTokens };
}

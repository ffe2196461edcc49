import type { ImageSize, Platform } from '@tollgate/core';

/** Exact decimals, USD per million tokens. A class that is left out: see `parsePriceEntry`. */
export interface TokenPriceText {
  input: string;
  output: string;
  cacheRead?: string;
  cacheWrite5m?: string;
  cacheWrite1h?: string;
  /** Only where reasoning has a price of its own; else it is part of the output. The same for sound and pictures. */
  reasoning?: string;
  audioInput?: string;
  audioOutput?: string;
  imageInput?: string;
  imageOutput?: string;
}

export const TOKEN_CLASSES = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'reasoning',
  'audioInput',
  'audioOutput',
  'imageInput',
  'imageOutput',
] as const satisfies readonly (keyof TokenPriceText)[];

/** A request whose whole prompt (cache reads and writes included) is longer pays these for all its tokens. */
export interface LongPromptText {
  overTokens: number;
  prices: TokenPriceText;
}

/** Longer side of a generated picture, about: 1024, 2048, 4096 pixels. */
export const IMAGE_SIZES = ['1k', '2k', '4k'] as const satisfies readonly ImageSize[];

/** What a vendor asks for one model from one moment on. Plain JSON, so that books can be stored as they are. */
export interface PriceEntry {
  /** The name that the vendor's API takes. */
  model: string;
  platform: Platform;
  /** Other exact names of the same model. */
  aliases?: readonly string[];
  /** First moment in force: a day (UTC, `YYYY-MM-DD`) or an instant (`2026-11-21T09:30:00Z`); left out = since ever. */
  effectiveFrom?: string;
  prices: TokenPriceText;
  longPrompts?: readonly LongPromptText[];
  /** USD per search. */
  webSearch?: string;
  /** USD per generated picture. Where it is known for all pictures of an answer, their tokens are not charged. */
  images?: Partial<Record<ImageSize, string>>;
  /** Tokens of prompt and answer together, at most. */
  contextTokens?: number;
  /** Tokens that the model can answer with, at most. */
  maxOutputTokens?: number;
  /** No longer sold: still priced, for usage of the past, but not listed. */
  isRetired?: boolean;
}

/** Pico-USD per token. */
export interface TokenPrices {
  input: bigint;
  output: bigint;
  cacheRead: bigint;
  cacheWrite5m: bigint;
  cacheWrite1h: bigint;
  reasoning: bigint;
  audioInput: bigint;
  audioOutput: bigint;
  imageInput: bigint;
  imageOutput: bigint;
  /** Of all classes that a token of the prompt can be. */
  dearestInput: bigint;
  /** Of all classes that a token of the answer can be. */
  dearestOutput: bigint;
}

/** Pico-USD per picture; null = no price. */
export type ImagePrices = Readonly<Record<ImageSize, bigint | null>>;

export interface ModelPrice {
  model: string;
  platform: Platform;
  /** First moment in force, ms since 1970 UTC; -Infinity = since ever. */
  effectiveFromMs: number;
  prices: TokenPrices;
  /** Ascending by length. */
  longPrompts: readonly { overTokens: number; prices: TokenPrices }[];
  /** Pico-USD per search; null = unknown. */
  webSearch: bigint | null;
  images: ImagePrices;
  /** What this was parsed from. */
  entry: PriceEntry;
}

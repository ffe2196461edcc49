import type { Platform } from '@tollgate/core';

/** Exact decimals, USD per million tokens. A class that is left out: see `PriceBook.computeCost`. */
export interface TokenPriceText {
  input: string;
  output: string;
  cacheRead?: string;
  cacheWrite5m?: string;
  cacheWrite1h?: string;
  /** Only where reasoning has a price of its own; else it is part of the output. */
  reasoning?: string;
}

/** What a vendor asks for one model from one day on. */
export interface PriceEntry {
  /** The name that the vendor's API takes. */
  model: string;
  platform: Platform;
  /** Other exact names of the same model. */
  aliases?: readonly string[];
  /** First day in force, UTC, `YYYY-MM-DD`; left out = since ever. */
  effectiveFrom?: string;
  prices: TokenPriceText;
  /** A request whose whole prompt (cache reads and writes included) is longer pays these for all its tokens. */
  longPrompt?: { overTokens: number; prices: TokenPriceText };
  /** USD per search. */
  webSearch?: string;
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
  /** null = reasoning is charged as the output that it is part of. */
  reasoning: bigint | null;
}

export interface ModelPrice {
  model: string;
  platform: Platform;
  effectiveFrom: string | null;
  prices: TokenPrices;
  longPrompt: { overTokens: number; prices: TokenPrices } | null;
  /** Pico-USD per search; null = unknown. */
  webSearch: bigint | null;
}

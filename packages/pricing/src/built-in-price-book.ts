import { createHash } from 'node:crypto';
import { ANTHROPIC_PRICES } from './books/anthropic.ts';
import { GEMINI_PRICES } from './books/gemini.ts';
import { MODEL_LIMITS } from './books/model-limits.ts';
import { OPENAI_PRICES } from './books/openai.ts';
import { createPriceBook, type PriceBook } from './price-book.ts';
import type { PriceEntry } from './price-entry.ts';

/** The day on which the built-in lists were last compared with their sources. */
const CHECKED_ON = '2026-11-21';

const ENTRIES = [...ANTHROPIC_PRICES, ...OPENAI_PRICES, ...GEMINI_PRICES].map(addLimits);

/** `<name>-<8 hex digits of the content>`: any change of any price gives another version. */
export function buildPriceVersion(name: string, entries: readonly PriceEntry[]): string {
  return `${name}-${createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 8)}`;
}

/** List prices of the standard service tier, as each vendor publishes them. */
export const builtInPriceBook: PriceBook = createPriceBook(
  ENTRIES,
  buildPriceVersion(`builtin-${CHECKED_ON}`, ENTRIES),
);

function addLimits(entry: PriceEntry): PriceEntry {
  const limits = MODEL_LIMITS[entry.model];
  return limits === undefined ? entry : { ...entry, contextTokens: limits[0], maxOutputTokens: limits[1] };
}

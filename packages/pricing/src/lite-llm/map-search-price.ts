import { isJsonObject, JsonNumber, type JsonValue } from './parse-exact-json.ts';
import { shiftDecimal } from './shift-decimal.ts';

const SIZES = ['search_context_size_medium', 'search_context_size_low', 'search_context_size_high'] as const;

/**
 * `search_context_cost_per_query` → USD per search; null = none. The size that requests have when they do not
 * say, medium, goes first. Throws RangeError on what is no price.
 */
export function mapSearchPrice(value: JsonValue | undefined, notes: string[]): string | null {
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value)) throw new RangeError('search_context_cost_per_query is not an object');
  const prices = SIZES.flatMap((size) => {
    const price = value[size];
    return price === undefined || price === null ? [] : [readPrice(price)];
  });
  const [first = null] = prices;
  if (new Set(prices).size > 1)
    notes.push(`searches cost ${prices.join(', ')}: ${first} is taken for all sizes`);
  return first === '0' ? null : first;
}

function readPrice(value: JsonValue): string {
  const price = value instanceof JsonNumber ? shiftDecimal(value.text, 0) : null;
  if (price === null) throw new RangeError('search_context_cost_per_query is not a price');
  return price;
}

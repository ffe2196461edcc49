import { PLATFORMS, type Platform } from '@tollgate/core';
import { parsePriceEntry } from '../parse-price.ts';
import type { LongPromptText, PriceEntry, TokenPriceText } from '../price-entry.ts';
import { mapSearchPrice } from './map-search-price.ts';
import { isJsonObject, JsonNumber, type JsonValue } from './parse-exact-json.ts';
import { shiftDecimal } from './shift-decimal.ts';

/** `price`: what the file says, and no more. `retiresOn`: a day. `ignored`: fields that bear money or limits and were not taken. */
export type MappedModel =
  | { ok: true; price: FilePrice; retiresOn: string | null; notes: string[]; ignored: string[] }
  | { ok: false; reason: string };

/** As {@link PriceEntry}, of one moment that is not decided here. */
export type FilePrice = Omit<PriceEntry, 'aliases' | 'effectiveFrom' | 'isRetired'>;

type Fields = { [name: string]: JsonValue };

/** Whose list prices these are. All other providers sell the same models at prices of their own. */
const PROVIDERS: Readonly<Record<string, Platform>> = {
  anthropic: 'anthropic',
  openai: 'openai',
  'text-completion-openai': 'openai',
  gemini: 'gemini',
};
/** How a request is made of what costs tokens; other modes are no requests that the gateway serves. */
const MODES = new Set(['chat', 'completion', 'responses', 'image_generation']);

/** USD per token. */
const TOKEN_FIELDS = new Map<string, keyof TokenPriceText>([
  ['input_cost_per_token', 'input'],
  ['output_cost_per_token', 'output'],
  ['cache_read_input_token_cost', 'cacheRead'],
  ['cache_creation_input_token_cost', 'cacheWrite5m'],
  ['cache_creation_input_token_cost_above_1hr', 'cacheWrite1h'],
  ['output_cost_per_reasoning_token', 'reasoning'],
  ['input_cost_per_audio_token', 'audioInput'],
  ['output_cost_per_audio_token', 'audioOutput'],
  ['input_cost_per_image_token', 'imageInput'],
  ['output_cost_per_image_token', 'imageOutput'],
]);
const LONG_PROMPT = /^(.+)_above_(\d{1,6})k_tokens$/;
/** Taken elsewhere than by TOKEN_FIELDS. */
const OTHER_FIELDS = new Set([
  'litellm_provider',
  'mode',
  'max_tokens',
  'max_input_tokens',
  'max_output_tokens',
  'search_context_cost_per_query',
  'output_cost_per_image',
]);
const NAME = /^[\x21-\x7e]{1,200}$/;

/** One entry of the file. Never throws: what cannot be taken has a reason. */
export function mapModel(name: string, fields: JsonValue): MappedModel {
  if (!isJsonObject(fields)) return { ok: false, reason: 'not an object' };
  const provider = fields['litellm_provider'];
  const platform = typeof provider === 'string' ? findPlatform(provider) : null;
  if (platform === null) return { ok: false, reason: `provider ${describe(provider)}` };
  const mode = fields['mode'] ?? 'chat';
  if (typeof mode !== 'string' || !MODES.has(mode)) return { ok: false, reason: `mode ${describe(mode)}` };
  const model = PLATFORMS.reduce((text, prefix) => dropPrefix(text, `${prefix}/`), name);
  if (!NAME.test(model)) return { ok: false, reason: 'not a model name' };
  if (model.includes('/')) return { ok: false, reason: 'a variant (region, speed or size) of a model' };
  return mapPrices(model, platform, fields);
}

function mapPrices(model: string, platform: Platform, fields: Fields): MappedModel {
  const notes: string[] = [];
  const ignored: string[] = [];
  try {
    const prices = readTokenPrices(fields);
    const longPrompts = readLongPrompts(fields, prices);
    const webSearch = mapSearchPrice(fields['search_context_cost_per_query'], notes);
    const images = readImages(fields, prices, notes);
    const price: FilePrice = {
      model,
      platform,
      prices,
      ...(longPrompts.length > 0 && { longPrompts }),
      ...(webSearch !== null && { webSearch }),
      ...(images !== null && { images }),
      ...readLimits(fields, notes),
    };
    parsePriceEntry(price);
    ignored.push(...Object.keys(fields).filter((field) => isLost(field, fields[field])));
    return { ok: true, price, retiresOn: readDay(fields['deprecation_date']), notes, ignored };
  } catch (fault) {
    if (fault instanceof RangeError)
      return { ok: false, reason: fault.message.replace(/^price of .*?: /, '') };
    throw fault;
  }
}

/** Throws RangeError where a price is missing, is no number, or where nothing costs anything. */
function readTokenPrices(fields: Fields): TokenPriceText {
  const prices: Partial<TokenPriceText> = {};
  for (const [field, tokenClass] of TOKEN_FIELDS) {
    const price = readTokenPrice(field, fields[field]);
    if (price !== null) prices[tokenClass] = price;
  }
  const { input, output } = prices;
  if (input === undefined) throw new RangeError('no input_cost_per_token');
  if (output === undefined) throw new RangeError('no output_cost_per_token');
  // In this file that says mostly that nobody knew.
  if (input === '0' && output === '0') throw new RangeError('prices of 0 are not taken');
  return { ...prices, input, output };
}

/** What a tier does not name costs what it does in the shortest one. */
function readLongPrompts(fields: Fields, base: TokenPriceText): LongPromptText[] {
  const tiers = new Map<number, TokenPriceText>();
  for (const [field, value] of Object.entries(fields)) {
    const [, plain = '', thousands = ''] = LONG_PROMPT.exec(field) ?? [];
    const tokenClass = TOKEN_FIELDS.get(plain);
    const price = tokenClass === undefined ? null : readTokenPrice(field, value);
    if (tokenClass === undefined || price === null) continue;
    const overTokens = Number.parseInt(thousands, 10) * 1_000;
    tiers.set(overTokens, { ...(tiers.get(overTokens) ?? base), [tokenClass]: price });
  }
  return [...tiers]
    .map(([overTokens, prices]) => ({ overTokens, prices }))
    .toSorted((a, b) => a.overTokens - b.overTokens);
}

/** USD per token → USD per million; null = the file says nothing. */
function readTokenPrice(field: string, value: JsonValue | undefined): string | null {
  return readDecimal(field, value, 6);
}

function readDecimal(field: string, value: JsonValue | undefined, places: number): string | null {
  if (value === undefined || value === null) return null;
  const price = value instanceof JsonNumber ? shiftDecimal(value.text, places) : null;
  if (price === null) throw new RangeError(`${field} is not a price`);
  return price;
}

/** A price by the picture does not say of which size; where its tokens have one, that is exact. */
function readImages(fields: Fields, prices: TokenPriceText, notes: string[]): PriceEntry['images'] | null {
  const price = readDecimal('output_cost_per_image', fields['output_cost_per_image'], 0);
  if (price === null || price === '0') return null;
  if (prices.imageOutput !== undefined) {
    notes.push('output_cost_per_image not taken: pictures are charged by their tokens');
    return null;
  }
  notes.push('output_cost_per_image taken for 1K only: the file does not tell sizes apart');
  return { '1k': price };
}

function readLimits(fields: Fields, notes: string[]): Pick<FilePrice, 'contextTokens' | 'maxOutputTokens'> {
  const all = readCount('max_tokens', fields, notes);
  const input = readCount('max_input_tokens', fields, notes);
  const output = readCount('max_output_tokens', fields, notes);
  if (output !== null && all !== null && all !== output && all !== input) {
    notes.push(`max_tokens ${all} contradicts max_output_tokens ${output}: the latter is taken`);
  }
  const maxOutputTokens = output ?? all;
  return {
    ...(input !== null && { contextTokens: input }),
    ...(maxOutputTokens !== null && { maxOutputTokens }),
  };
}

function readCount(field: string, fields: Fields, notes: string[]): number | null {
  const value = fields[field];
  if (value === undefined || value === null) return null;
  const text = value instanceof JsonNumber ? shiftDecimal(value.text, 0) : null;
  if (text !== null && /^[1-9]\d{0,9}$/.test(text)) return Number.parseInt(text, 10);
  notes.push(`${field} is not a number of tokens`);
  return null;
}

/** null = the file does not say, or says it in a way that nobody can read. */
function readDay(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : null;
}

/** True for fields that say what something costs and were not read. */
function isLost(field: string, value: JsonValue | undefined): boolean {
  const isRead = TOKEN_FIELDS.has(field) || TOKEN_FIELDS.has(LONG_PROMPT.exec(field)?.[1] ?? '');
  const isZero = value instanceof JsonNumber && shiftDecimal(value.text, 0) === '0';
  return field.includes('cost') && !isRead && !OTHER_FIELDS.has(field) && value !== null && !isZero;
}

function findPlatform(provider: string): Platform | null {
  return Object.hasOwn(PROVIDERS, provider) ? (PROVIDERS[provider] ?? null) : null;
}

function dropPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

/** Short and harmless: this text reaches a terminal. */
function describe(value: JsonValue | undefined): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : 'missing or not a text';
}

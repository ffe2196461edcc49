import { z } from 'zod';
import { readLineItem, requireUsd, subtractCached } from './parse-csv-export.ts';
import { parseAmount, parseCents, parseCount, parseInstant, selectPeriod } from './parse-figures.ts';
import {
  NOTHING_SAID,
  UsageExportError,
  type ExportProvider,
  type UsageExportRow,
} from './usage-export-row.ts';

/** Numbers arrive as the text that the file has: see `parseExactJson`. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const bucketSchema = z.object({
  start_time: text,
  end_time: text,
  starting_at: text,
  ending_at: text,
  results: z.array(z.looseObject({})),
});
const pageSchema = z.object({ data: z.array(z.unknown()) });

const anthropicSchema = z.object({
  model: text,
  uncached_input_tokens: text,
  cache_read_input_tokens: text,
  cache_creation: z.object({ ephemeral_5m_input_tokens: text, ephemeral_1h_input_tokens: text }).nullish(),
  output_tokens: text,
  server_tool_use: z.object({ web_search_requests: text }).nullish(),
  amount: text,
  currency: text,
});

const openaiSchema = z.object({
  model: text,
  line_item: text,
  input_tokens: text,
  input_cached_tokens: text,
  output_tokens: text,
  num_model_requests: text,
  amount: z.object({ value: text, currency: text }).nullish(),
});

type Bucket = z.infer<typeof bucketSchema>;

/**
 * The rows of an export of the providers' usage or cost API: one page, an array of pages, pages one a line, or an array
 * of buckets. A bucket that is there twice, to the letter, counts once.
 */
export function* parseJsonExport(json: string, provider: ExportProvider): Generator<UsageExportRow> {
  const seen = new Set<string>();
  let place = 0;
  for (const raw of listBuckets(json)) {
    place += 1;
    const name = `bucket ${place}`;
    const bucket = read(bucketSchema, raw, name);
    const fingerprint = JSON.stringify(raw);
    if (seen.has(fingerprint)) continue;
    seen.add(fingerprint);
    requireProvider(bucket, provider, name);
    const period = readPeriod(bucket, name);
    for (const result of bucket.results) {
      yield { ...NOTHING_SAID, ...period, ...READERS[provider](result, name) };
    }
  }
  if (place === 0) throw new UsageExportError('the export has no buckets');
}

type Figures = Partial<UsageExportRow>;

const READERS: Record<ExportProvider, (result: unknown, place: string) => Figures> = {
  anthropic(result, place) {
    const one = read(anthropicSchema, result, place);
    const { model } = one;
    if (one.amount !== null) {
      requireUsd(one.currency, place);
      return { model, costUsd: parseCents(one.amount, place) };
    }
    const input = requireFigure(one.uncached_input_tokens, 'uncached_input_tokens', place);
    const written = one.cache_creation;
    return {
      model,
      inputTokens: input,
      cacheReadTokens: parseCount(one.cache_read_input_tokens ?? '', place),
      cacheWrite5mTokens: parseCount(written?.ephemeral_5m_input_tokens ?? '', place),
      cacheWrite1hTokens: parseCount(written?.ephemeral_1h_input_tokens ?? '', place),
      outputTokens: parseCount(one.output_tokens ?? '', place),
      webSearchRequests: parseCount(one.server_tool_use?.web_search_requests ?? '', place),
    };
  },
  openai(result, place) {
    const one = read(openaiSchema, result, place);
    if (one.amount) {
      requireUsd(one.amount.currency, place);
      return {
        model: readLineItem(one.line_item),
        costUsd: parseAmount(one.amount.value ?? '', place),
      };
    }
    const cached = parseCount(one.input_cached_tokens ?? '', place);
    return {
      model: one.model,
      requests: one.num_model_requests === null ? null : parseCount(one.num_model_requests, place),
      inputTokens: subtractCached(requireFigure(one.input_tokens, 'input_tokens', place), cached, place),
      cacheReadTokens: cached,
      outputTokens: parseCount(one.output_tokens ?? '', place),
    };
  },
};

function requireFigure(figure: string | null, name: string, place: string): number {
  if (figure !== null) return parseCount(figure, place);
  throw new UsageExportError(`${place}: a result without ${name}: not a usage export`);
}

function requireProvider(bucket: Bucket, provider: ExportProvider, place: string): void {
  const made = bucket.starting_at !== null ? 'anthropic' : bucket.start_time !== null ? 'openai' : null;
  if (made === null) throw new UsageExportError(`${place}: no starting_at and no start_time`);
  if (made !== provider)
    throw new UsageExportError(`an export of ${made}, and the account is of ${provider}`);
}

function readPeriod(bucket: Bucket, place: string): { from: string; to: string } {
  const to = bucket.ending_at ?? bucket.end_time;
  const from = parseInstant(bucket.starting_at ?? bucket.start_time ?? '', place);
  return selectPeriod(from, to === null ? null : parseInstant(to, place));
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown, place: string): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new UsageExportError(`${place}: not what the usage API gives${path === '' ? '' : ` (${path})`}`);
}

function* listBuckets(json: string): Generator<unknown> {
  const values = parseValues(json);
  for (const value of values) {
    const page = pageSchema.safeParse(value);
    if (page.success) yield* page.data.data;
    else if (Array.isArray(value)) yield* value.flatMap(unfoldPage);
    else yield value;
  }
}

function unfoldPage(value: unknown): unknown[] {
  const page = pageSchema.safeParse(value);
  return page.success ? page.data.data : [value];
}

function parseValues(json: string): unknown[] {
  const whole = parseExactJson(json);
  if (whole !== undefined) return [whole];
  return json
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const value = parseExactJson(line);
      if (value === undefined) throw new UsageExportError(`line ${index + 1}: not JSON`);
      return value;
    });
}

/** Numbers stay the text that they are: costs never go through a float. undefined = not JSON. */
function parseExactJson(json: string): unknown {
  try {
    return JSON.parse(json, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    );
  } catch {
    return undefined;
  }
}

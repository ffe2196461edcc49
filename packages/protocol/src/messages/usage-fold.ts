import type { ExtraUsage, MeteredUsage, TokenUsage } from '@tollgate/core';
import { isObject, type JsonObject } from '../json/json-object.ts';

/** No honest answer has more of anything; a larger figure is garbage that would empty a balance. */
const COUNT_MAX = 1_000_000_000;

/** The counters of one usage object; null = not reported. */
interface Counters {
  input: number | null;
  cacheRead: number | null;
  cacheWrite: number | null;
  cacheWrite5m: number | null;
  cacheWrite1h: number | null;
  output: number | null;
  reasoning: number | null;
  webSearches: number | null;
}

/**
 * Folds the usage objects of one Messages answer into one figure: the last value of each field wins, a field
 * that is absent or null keeps the earlier value, and nothing is ever summed (Anthropic's counters are
 * cumulative, also over two `message_start` in one stream).
 */
export class MessagesUsageFold {
  #counters = emptyCounters();
  #extra: readonly ExtraUsage[] = NO_EXTRA;
  #model: string | null = null;
  #isEmpty = true;
  #irregular = 0;

  /** Values that could not be used: negative, fractional, not a number, absurdly large, not parseable. */
  get irregular(): number {
    return this.#irregular;
  }

  noteIrregular(): void {
    this.#irregular += 1;
  }

  noteModel(model: unknown): void {
    if (typeof model === 'string' && model !== '') this.#model = model;
  }

  /** Takes the `usage` of a message_start, a message_delta or a whole answer. */
  add(usage: unknown): void {
    if (usage === undefined || usage === null) return;
    if (!isObject(usage)) {
      this.#irregular += 1;
      return;
    }
    this.#isEmpty = false;
    this.#readCounters(usage, this.#counters);
    if (usage['iterations'] !== undefined && usage['iterations'] !== null) {
      this.#extra = this.#readExtra(usage['iterations']);
    }
  }

  /** null = no usage object has been seen. */
  read(): MeteredUsage | null {
    if (this.#isEmpty) return null;
    return {
      usage: buildTokenUsage(this.#counters),
      extra: this.#extra.length === 0 ? [] : this.#extra.map(copyExtra),
      // Anthropic counts images and documents as tokens of text.
      media: null,
      model: this.#model,
    };
  }

  #readCounters(usage: JsonObject, into: Counters): void {
    const split = readPart(usage, 'cache_creation');
    const outputDetails = readPart(usage, 'output_tokens_details');
    const tools = readPart(usage, 'server_tool_use');
    into.input = this.#readCount(usage['input_tokens'], into.input);
    into.cacheRead = this.#readCount(usage['cache_read_input_tokens'], into.cacheRead);
    into.cacheWrite = this.#readCount(usage['cache_creation_input_tokens'], into.cacheWrite);
    into.cacheWrite5m = this.#readCount(split['ephemeral_5m_input_tokens'], into.cacheWrite5m);
    into.cacheWrite1h = this.#readCount(split['ephemeral_1h_input_tokens'], into.cacheWrite1h);
    into.output = this.#readCount(usage['output_tokens'], into.output);
    into.reasoning = this.#readCount(outputDetails['thinking_tokens'], into.reasoning);
    into.webSearches = this.#readCount(tools['web_search_requests'], into.webSearches);
  }

  #readCount(value: unknown, earlier: number | null): number | null {
    if (value === undefined || value === null) return earlier;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= COUNT_MAX) {
      return value === 0 ? 0 : value;
    }
    this.#irregular += 1;
    return earlier;
  }

  /**
   * `message` iterations add up to the top-level totals. All other kinds (compaction, advisor_message,
   * fallback_message, and what may come) are billed beside them, some at another model's price.
   */
  #readExtra(iterations: unknown): readonly ExtraUsage[] {
    if (!Array.isArray(iterations)) {
      this.#irregular += 1;
      return this.#extra;
    }
    return iterations.flatMap((iteration: unknown) => {
      if (!isObject(iteration) || typeof iteration['type'] !== 'string') {
        this.#irregular += 1;
        return [];
      }
      if (iteration['type'] === 'message') return [];
      const counters = emptyCounters();
      this.#readCounters(iteration, counters);
      const model = typeof iteration['model'] === 'string' ? iteration['model'] : null;
      return [{ kind: iteration['type'], model, usage: buildTokenUsage(counters) }];
    });
  }
}

const NO_EXTRA: readonly ExtraUsage[] = [];
const NOTHING: JsonObject = {};

function copyExtra(part: ExtraUsage): ExtraUsage {
  return { ...part, usage: { ...part.usage } };
}

/** What usage says of one kind of tokens, where it does. */
function readPart(usage: JsonObject, name: string): JsonObject {
  const part = usage[name];
  return isObject(part) ? part : NOTHING;
}

function emptyCounters(): Counters {
  return {
    input: null,
    cacheRead: null,
    cacheWrite: null,
    cacheWrite5m: null,
    cacheWrite1h: null,
    output: null,
    reasoning: null,
    webSearches: null,
  };
}

function buildTokenUsage(counters: Counters): TokenUsage {
  const outputTokens = counters.output ?? 0;
  const cacheWriteTokens = sumCacheWrite(counters);
  const cacheWrite1hTokens = selectCacheWrite1h(counters, cacheWriteTokens);
  return {
    inputTokens: counters.input ?? 0,
    cacheReadTokens: counters.cacheRead ?? 0,
    cacheWrite5mTokens: cacheWriteTokens - cacheWrite1hTokens,
    cacheWrite1hTokens,
    outputTokens,
    reasoningTokens: Math.min(counters.reasoning ?? 0, outputTokens),
    toolPromptTokens: 0,
    webSearchRequests: counters.webSearches ?? 0,
  };
}

/** `cache_creation_input_tokens` is authoritative; where it is missing the 5m/1h split says it. */
function sumCacheWrite({ cacheWrite, cacheWrite5m, cacheWrite1h }: Counters): number {
  return cacheWrite ?? (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
}

/**
 * The 5m/1h split is often sent only once, at the start, and then goes stale. A split that is short of the total: the
 * rest is 5m (the default lifetime, and the cheaper one). A split over the total: both parts scaled down, 1h rounded
 * down. No split: all 5m.
 */
function selectCacheWrite1h({ cacheWrite5m, cacheWrite1h }: Counters, totalTokens: number): number {
  const split1h = cacheWrite1h ?? 0;
  const splitTotal = (cacheWrite5m ?? 0) + split1h;
  return splitTotal <= totalTokens ? split1h : Math.floor((split1h / splitTotal) * totalTokens);
}

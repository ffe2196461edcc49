import { ZERO_USAGE, type ExtraUsage, type MeteredUsage } from '@tollgate/core';
import { isObject, type JsonObject } from '../json/json-object.ts';
import { buildMedia, type MediaCounters } from '../usage/media-usage.ts';
import { splitInput, splitOutput } from '../usage/split-totals.ts';
import { UsageCounts } from '../usage/usage-counts.ts';

/** What the image tool runs on when the request names no model. */
const IMAGE_MODEL_DEFAULT = 'gpt-image-1';

interface Counters extends MediaCounters {
  input: number | null;
  cacheRead: number | null;
  cacheWrite: number | null;
  output: number | null;
  reasoning: number | null;
  total: number | null;
}

/**
 * Folds what the response objects of one Responses answer say into one figure: the last value of each field wins.
 * Only the terminal event has usage; searches are counted from the output items too, as not every upstream sums them.
 */
export class ResponsesUsageFold {
  readonly #counts = new UsageCounts();
  #seen = emptyCounters();
  #imageTool: Counters | null = null;
  #imageModel = IMAGE_MODEL_DEFAULT;
  #statedSearches: number | null = null;
  #searchItems = 0;
  #model: string | null = null;
  #isEmpty = true;

  get irregular(): number {
    return this.#counts.irregular;
  }

  noteIrregular(): void {
    this.#counts.irregular += 1;
  }

  noteModel(model: unknown): void {
    if (typeof model === 'string' && model !== '') this.#model = model;
  }

  /** Takes the `usage` of a response object; null and absent say nothing. */
  add(usage: unknown): void {
    if (usage === undefined || usage === null) return;
    if (!isObject(usage)) return this.noteIrregular();
    this.#isEmpty = false;
    this.#readCounters(usage, this.#seen);
  }

  /** Takes `tool_usage`: what OpenAI's own tools used beside the model. */
  addTools(tools: unknown): void {
    if (!isObject(tools)) return;
    if (isObject(tools['web_search'])) {
      this.#statedSearches = this.#counts.read(tools['web_search']['num_requests'], this.#statedSearches);
    }
    if (!isObject(tools['image_gen'])) return;
    this.#imageTool ??= emptyCounters();
    this.#readCounters(tools['image_gen'], this.#imageTool);
  }

  /** Takes the request's tools as the answer repeats them: the image tool names its model there. */
  noteTools(tools: unknown): void {
    if (!Array.isArray(tools)) return;
    const tool: unknown = tools.find((entry) => isObject(entry) && entry['type'] === 'image_generation');
    if (isObject(tool) && typeof tool['model'] === 'string') this.#imageModel = tool['model'];
  }

  /** Takes the full items of the answer; each answer's own list replaces what was counted before. */
  setItems(items: unknown): void {
    if (Array.isArray(items)) this.#searchItems = items.filter(isSearch).length;
  }

  addItem(item: unknown): void {
    if (isSearch(item)) this.#searchItems += 1;
  }

  /** null = no usage object has been seen. */
  read(): MeteredUsage | null {
    if (this.#isEmpty) return null;
    const webSearchRequests = Math.max(this.#statedSearches ?? 0, this.#searchItems);
    const usage = { ...buildTokens(this.#seen), webSearchRequests };
    return {
      usage,
      extra: buildImageExtra(this.#imageTool, this.#imageModel),
      model: this.#model,
      media: buildMedia(this.#seen, usage),
    };
  }

  #readCounters(usage: JsonObject, into: Counters): void {
    const input = isObject(usage['input_tokens_details']) ? usage['input_tokens_details'] : {};
    const output = isObject(usage['output_tokens_details']) ? usage['output_tokens_details'] : {};
    into.input = this.#counts.read(usage['input_tokens'], into.input);
    into.cacheRead = this.#counts.read(input['cached_tokens'], into.cacheRead);
    into.cacheWrite = this.#counts.read(input['cache_write_tokens'], into.cacheWrite);
    into.audioInput = this.#counts.read(input['audio_tokens'], into.audioInput);
    into.imageInput = this.#counts.read(input['image_tokens'], into.imageInput);
    into.output = this.#counts.read(usage['output_tokens'], into.output);
    into.reasoning = this.#counts.read(output['reasoning_tokens'], into.reasoning);
    into.audioOutput = this.#counts.read(output['audio_tokens'], into.audioOutput);
    into.imageOutput = this.#counts.read(output['image_tokens'], into.imageOutput);
    into.total = this.#counts.read(usage['total_tokens'], into.total);
  }
}

function emptyCounters(): Counters {
  return {
    input: null,
    cacheRead: null,
    cacheWrite: null,
    output: null,
    reasoning: null,
    total: null,
    audioInput: null,
    audioOutput: null,
    imageInput: null,
    imageOutput: null,
  };
}

function buildTokens(counters: Counters): ExtraUsage['usage'] {
  const { input, cacheRead, cacheWrite, output, reasoning, total } = counters;
  return {
    ...ZERO_USAGE,
    ...splitInput(input ?? 0, cacheRead ?? 0, cacheWrite ?? 0),
    ...splitOutput(output ?? 0, reasoning ?? 0, total === null ? null : total - (input ?? 0)),
  };
}

/** The image tool is another model, billed at its own price, outside the totals. */
function buildImageExtra(counters: Counters | null, model: string): ExtraUsage[] {
  if (counters === null || !((counters.input ?? 0) > 0 || (counters.output ?? 0) > 0)) return [];
  return [{ kind: 'image_generation', model, usage: buildTokens(counters) }];
}

/** Pages that are opened and searched within cost nothing; xAI leaves the action out. */
function isSearch(item: unknown): boolean {
  if (!isObject(item) || item['type'] !== 'web_search_call') return false;
  const { action } = item;
  return isObject(action) ? action['type'] === 'search' : true;
}

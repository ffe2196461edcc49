import { ZERO_USAGE, type MeteredUsage } from '@tollgate/core';
import { isObject, type JsonObject } from '../json/json-object.ts';
import { buildMedia, type MediaCounters } from '../usage/media-usage.ts';
import { splitInput, splitOutput } from '../usage/split-totals.ts';
import { UsageCounts } from '../usage/usage-counts.ts';

/** The counters of Chat Completions; null = not reported. */
interface Counters extends MediaCounters {
  prompt: number | null;
  cacheRead: number | null;
  cacheWrite: number | null;
  completion: number | null;
  reasoning: number | null;
  total: number | null;
}

/** Folds the usage objects of one Chat Completions answer into one figure: the last value of each field wins. */
export class ChatUsageFold {
  readonly #counts = new UsageCounts();
  readonly #seen: Counters = {
    prompt: null,
    cacheRead: null,
    cacheWrite: null,
    completion: null,
    reasoning: null,
    total: null,
    audioInput: null,
    audioOutput: null,
    imageInput: null,
    imageOutput: null,
  };
  #model: string | null = null;
  #isEmpty = true;

  get irregular(): number {
    return this.#counts.irregular;
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  noteIrregular(): void {
    this.#counts.irregular += 1;
  }

  noteModel(model: unknown): void {
    if (typeof model === 'string' && model !== '') this.#model = model;
  }

  /** Takes the `usage` of a chunk or of a whole answer; null and absent say nothing. */
  add(usage: unknown): void {
    if (usage === undefined || usage === null) return;
    if (!isObject(usage)) return this.noteIrregular();
    this.#isEmpty = false;
    this.#readInput(usage);
    this.#readOutput(usage);
    this.#read('total', usage['total_tokens']);
  }

  /** null = no usage object has been seen. */
  read(): MeteredUsage | null {
    if (this.#isEmpty) return null;
    const seen = this.#seen;
    const usage = {
      ...ZERO_USAGE,
      ...splitInput(seen.prompt ?? 0, seen.cacheRead ?? 0, seen.cacheWrite ?? 0),
      ...splitOutput(seen.completion ?? 0, seen.reasoning ?? 0, this.#countOutsideInput()),
    };
    return { usage, extra: [], model: this.#model, media: buildMedia(seen, usage) };
  }

  /** What the total leaves for the output; null = no total was given. */
  #countOutsideInput(): number | null {
    const { total, prompt } = this.#seen;
    return total === null ? null : total - (prompt ?? 0);
  }

  #readInput(usage: JsonObject): void {
    const details = isObject(usage['prompt_tokens_details']) ? usage['prompt_tokens_details'] : {};
    this.#read('prompt', usage['prompt_tokens']);
    // DeepSeek's and Moonshot's spellings stand beside or instead of OpenAI's.
    this.#read('cacheRead', usage['prompt_cache_hit_tokens'] ?? usage['cached_tokens']);
    this.#read('cacheRead', details['cached_tokens']);
    this.#read('cacheWrite', details['cache_write_tokens'] ?? readForeignWrites(usage, details));
    this.#read('audioInput', details['audio_tokens']);
    this.#read('imageInput', details['image_tokens']);
  }

  #readOutput(usage: JsonObject): void {
    const details = isObject(usage['completion_tokens_details']) ? usage['completion_tokens_details'] : {};
    this.#read('completion', usage['completion_tokens']);
    this.#read('reasoning', details['reasoning_tokens']);
    this.#read('audioOutput', details['audio_tokens']);
    this.#read('imageOutput', details['image_tokens']);
  }

  #read(name: keyof Counters, value: unknown): void {
    this.#seen[name] = this.#counts.read(value, this.#seen[name]);
  }
}

/** What LiteLLM, DashScope and other gateways to models that are told what to cache call it; inside the prompt, too. */
function readForeignWrites(usage: JsonObject, details: JsonObject): unknown {
  return (
    details['cache_creation_input_tokens'] ??
    details['cache_creation_tokens'] ??
    usage['cache_creation_input_tokens']
  );
}

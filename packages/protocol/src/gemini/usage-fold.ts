import { ZERO_USAGE, type MeteredUsage } from '@tollgate/core';
import { isObject, type JsonObject } from '../json/json-object.ts';
import { buildMedia, type ImageSize, type MediaCounters } from '../usage/media-usage.ts';
import { splitInput } from '../usage/split-totals.ts';
import { UsageCounts } from '../usage/usage-counts.ts';

/** Of these models a grounded prompt is paid, however many queries it took; of later ones each different query. */
const PAID_BY_PROMPT = /^(?:models\/)?gemini-[12](?!\d)/u;
/** An answer searches a handful of times; what would be kept beyond is no answer of Google's. */
const QUERIES_MAX = 1000;

interface Counters extends MediaCounters {
  prompt: number | null;
  cached: number | null;
  candidates: number | null;
  thoughts: number | null;
  toolPrompt: number | null;
  cachedAudio: number | null;
  cachedImage: number | null;
}

/**
 * Folds the `usageMetadata` of the chunks of one answer into one figure. Each is cumulative: the last value of each
 * field wins, and a field that a later chunk leaves out keeps what was reported.
 */
export class GeminiUsageFold {
  readonly #counts = new UsageCounts();
  readonly #seen: Counters = {
    prompt: null,
    cached: null,
    candidates: null,
    thoughts: null,
    toolPrompt: null,
    audioInput: null,
    audioOutput: null,
    imageInput: null,
    imageOutput: null,
    cachedAudio: null,
    cachedImage: null,
  };
  #model: string | null = null;
  readonly #imageSize: ImageSize;
  #images = 0;
  readonly #queries = new Set<string>();

  /** `imageSize`: what the request asked for; answers do not say it. */
  constructor(imageSize: ImageSize) {
    this.#imageSize = imageSize;
  }

  get irregular(): number {
    return this.#counts.irregular;
  }

  noteIrregular(): void {
    this.#counts.irregular += 1;
  }

  get hasModel(): boolean {
    return this.#model !== null;
  }

  noteModel(model: unknown): void {
    if (typeof model === 'string' && model !== '') this.#model = model;
  }

  addImages(count: number): void {
    this.#images += count;
  }

  /** What was searched for: each chunk of an answer may say it again, with more. */
  addQueries(queries: readonly string[]): void {
    for (const query of queries) if (this.#queries.size < QUERIES_MAX) this.#queries.add(query);
  }

  /** Takes a `usageMetadata`; null and absent say nothing. */
  add(usage: unknown): void {
    if (usage === undefined || usage === null) return;
    if (!isObject(usage)) return this.noteIrregular();
    this.#read('prompt', usage['promptTokenCount']);
    this.#read('cached', usage['cachedContentTokenCount']);
    this.#read('candidates', usage['candidatesTokenCount']);
    this.#read('thoughts', usage['thoughtsTokenCount']);
    this.#read('toolPrompt', usage['toolUsePromptTokenCount']);
    this.#readModalities(usage);
  }

  /** null = no count has been seen: chunks often carry a `usageMetadata` with none. */
  read(): MeteredUsage | null {
    const { prompt, cached, candidates, thoughts, toolPrompt } = this.#seen;
    if (prompt === null && candidates === null && thoughts === null) return null;
    const usage = {
      ...ZERO_USAGE,
      ...splitInput(prompt ?? 0, cached ?? 0, 0),
      // Candidates exclude thoughts at Google.
      outputTokens: (candidates ?? 0) + (thoughts ?? 0),
      reasoningTokens: thoughts ?? 0,
      toolPromptTokens: toolPrompt ?? 0,
      webSearchRequests: this.#countSearches(),
    };
    const images = { count: this.#images, size: this.#imageSize };
    return { usage, extra: [], model: this.#model, media: buildMedia(this.#listMedia(), usage, images) };
  }

  /** As Google bills "Grounding with Google Search": https://ai.google.dev/gemini-api/docs/google-search#pricing */
  #countSearches(): number {
    return PAID_BY_PROMPT.test(this.#model ?? '') ? Math.min(1, this.#queries.size) : this.#queries.size;
  }

  /** What came from a cache is billed as such, whatever it is. */
  #listMedia(): MediaCounters {
    const { audioInput, imageInput, cachedAudio, cachedImage } = this.#seen;
    return {
      ...this.#seen,
      audioInput: Math.max(0, (audioInput ?? 0) - (cachedAudio ?? 0)),
      imageInput: Math.max(0, (imageInput ?? 0) - (cachedImage ?? 0)),
    };
  }

  #readModalities(usage: JsonObject): void {
    this.#readModality('audioInput', usage['promptTokensDetails'], 'AUDIO');
    this.#readModality('imageInput', usage['promptTokensDetails'], 'IMAGE');
    this.#readModality('audioOutput', usage['candidatesTokensDetails'], 'AUDIO');
    this.#readModality('imageOutput', usage['candidatesTokensDetails'], 'IMAGE');
    this.#readModality('cachedAudio', usage['cacheTokensDetails'], 'AUDIO');
    this.#readModality('cachedImage', usage['cacheTokensDetails'], 'IMAGE');
  }

  #readModality(name: keyof Counters, details: unknown, modality: string): void {
    if (!Array.isArray(details)) return;
    const entry: unknown = details.find((part) => isObject(part) && part['modality'] === modality);
    if (isObject(entry)) this.#read(name, entry['tokenCount']);
  }

  #read(name: keyof Counters, value: unknown): void {
    this.#seen[name] = this.#counts.read(value, this.#seen[name]);
  }
}

import { ZERO_USAGE } from '@tollgate/core';
import { isObject, type JsonObject } from '../json/json-object.ts';
import type { ProtocolUsage } from '../meters/stream-meter.ts';
import { selectMedia } from '../usage/media-usage.ts';
import { splitInput } from '../usage/split-totals.ts';
import { UsageCounts } from '../usage/usage-counts.ts';

interface Counters {
  prompt: number | null;
  cached: number | null;
  candidates: number | null;
  thoughts: number | null;
  toolPrompt: number | null;
  audioInput: number | null;
  audioOutput: number | null;
  imageInput: number | null;
  imageOutput: number | null;
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
  };
  #model: string | null = null;

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
  read(): ProtocolUsage | null {
    const { prompt, cached, candidates, thoughts, toolPrompt } = this.#seen;
    if (prompt === null && candidates === null && thoughts === null) return null;
    return {
      usage: {
        ...ZERO_USAGE,
        ...splitInput(prompt ?? 0, cached ?? 0, 0),
        // Candidates exclude thoughts at Google.
        outputTokens: (candidates ?? 0) + (thoughts ?? 0),
        reasoningTokens: thoughts ?? 0,
        toolPromptTokens: toolPrompt ?? 0,
      },
      extra: [],
      model: this.#model,
      media: selectMedia({
        audioInputTokens: this.#seen.audioInput ?? 0,
        audioOutputTokens: this.#seen.audioOutput ?? 0,
        imageInputTokens: this.#seen.imageInput ?? 0,
        imageOutputTokens: this.#seen.imageOutput ?? 0,
      }),
    };
  }

  #readModalities(usage: JsonObject): void {
    this.#readModality('audioInput', usage['promptTokensDetails'], 'AUDIO');
    this.#readModality('imageInput', usage['promptTokensDetails'], 'IMAGE');
    this.#readModality('audioOutput', usage['candidatesTokensDetails'], 'AUDIO');
    this.#readModality('imageOutput', usage['candidatesTokensDetails'], 'IMAGE');
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

import type { AssistantBlock, TextBlock, UserBlock } from './blocks.ts';

/** Turns stand in the client's order; neighbours may have the same role (builders join them where they must). */
export type Turn =
  | { role: 'user'; blocks: UserBlock[] }
  | { role: 'assistant'; blocks: AssistantBlock[] }
  /** An instruction in the midst of the conversation: never hoisted, as its place is its meaning. */
  | { role: 'system'; blocks: TextBlock[] };

export interface ToolDefinition {
  name: string;
  description: string | null;
  /** JSON schema of the input; null = no input. May hold exact numbers (parseExactJson). */
  schema: Record<string, unknown> | null;
  /** OpenAI's promise that arguments follow the schema; null = not said. */
  isStrict: boolean | null;
}

/** `names`: the tools to choose among, null = all. `any` = some tool must be called; with one name: that tool. */
export interface ToolChoice {
  mode: 'auto' | 'any' | 'none';
  names: string[] | null;
}

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof EFFORTS)[number];

/** How much to think. `budgetTokens` null = left to the model or to `effort`; both null = think as you like. */
export interface Reasoning {
  effort: Effort | null;
  budgetTokens: number | null;
  /** Whether the client wants to read the thoughts; null = not said. */
  showsThoughts: boolean | null;
}

export type OutputFormat =
  | { type: 'json' }
  | { type: 'json-schema'; name: string; schema: Record<string, unknown>; isStrict: boolean | null };

/** Numbers of sampling; null = not said. */
export interface Sampling {
  temperature: number | null;
  topP: number | null;
  topK: number | null;
  presencePenalty: number | null;
  frequencyPenalty: number | null;
  seed: number | null;
}

/** One request, in no protocol's words. null = not said. */
export interface ConversationRequest {
  /** Instructions before the first turn. */
  system: TextBlock[];
  turns: Turn[];
  tools: ToolDefinition[];
  /** The provider's own web search may be used. */
  hasWebSearch: boolean;
  toolChoice: ToolChoice | null;
  allowsParallelCalls: boolean | null;
  reasoning: Reasoning | null;
  outputFormat: OutputFormat | null;
  /** Thinking included. */
  outputTokensMax: number | null;
  stopSequences: string[];
  sampling: Sampling;
  /** OpenAI's `verbosity`. */
  verbosity: string | null;
  /** OpenAI's `prompt_cache_key`. */
  cacheKey: string | null;
}

export const NO_SAMPLING: Readonly<Sampling> = Object.freeze({
  temperature: null,
  topP: null,
  topK: null,
  presencePenalty: null,
  frequencyPenalty: null,
  seed: null,
});

/** A request that says nothing: decoders fill in what the client's does. */
export function emptyRequest(): ConversationRequest {
  return {
    system: [],
    turns: [],
    tools: [],
    hasWebSearch: false,
    toolChoice: null,
    allowsParallelCalls: null,
    reasoning: null,
    outputFormat: null,
    outputTokensMax: null,
    stopSequences: [],
    sampling: { ...NO_SAMPLING },
    verbosity: null,
    cacheKey: null,
  };
}

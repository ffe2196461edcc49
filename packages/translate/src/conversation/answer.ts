import type { TokenUsage } from '@tollgate/core';
import type { AssistantBlock } from './blocks.ts';

/**
 * Why an answer ended. `refusal`: the model or a filter would not go on (never shown as `end`); `pause`: the provider
 * wants the turn back to go on with it; `malformed-call`: the model's tool call could not be read.
 */
export type StopReason =
  | 'end'
  | 'tool-calls'
  | 'length'
  | 'context-length'
  | 'stop-sequence'
  | 'refusal'
  | 'pause'
  | 'malformed-call';

export interface AnswerEnd {
  stop: StopReason;
  /** The sequence that stopped it, where the upstream tells. */
  stopSequence: string | null;
  /** null = the upstream gave no figures. */
  usage: TokenUsage | null;
}

/** One whole answer, in no protocol's words. */
export interface Answer extends AnswerEnd {
  /** The upstream's id; null = it gave none. */
  id: string | null;
  blocks: AssistantBlock[];
}

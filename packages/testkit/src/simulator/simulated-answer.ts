import type { SimulatedToolCall } from './script.ts';
import type { SimulatedCall } from './simulated-call.ts';

/** What the builders are told. */
export interface SimulatedAnswer extends SimulatedCall {
  /** '' = nothing, which only a turn that calls tools can say. */
  text: string;
  toolCalls: readonly SimulatedToolCall[];
  number: number;
  /** Replaces or adds fields of the usage. */
  usage: Record<string, unknown> | undefined;
  /** Responses: the end of a stream repeats no items. */
  omitsOutput?: boolean;
}

/** The text that an answer's output tokens are counted in. */
export function collectSaid({ text, toolCalls }: SimulatedAnswer): string {
  return text + toolCalls.map(({ input }) => encodeToolInput(input)).join('');
}

export function encodeToolInput(input: SimulatedToolCall['input']): string {
  return typeof input === 'string' ? input : JSON.stringify(input);
}

export interface StreamPieces {
  pieces: Buffer[];
  endingPieces: number;
}

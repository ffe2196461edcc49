import type { StopReason } from '../conversation/answer.ts';

/**
 * https://docs.claude.com/en/api/handling-stop-reasons; a new one reads as a normal end. `hasCalls`: what the answer
 * holds; a client would wait for calls that are not there.
 */
export function mapFromMessagesStop(reason: unknown, { hasCalls }: { hasCalls: boolean }): StopReason {
  switch (reason) {
    case 'max_tokens':
      return 'length';
    case 'model_context_window_exceeded':
      return 'context-length';
    case 'stop_sequence':
      return 'stop-sequence';
    case 'tool_use':
      return hasCalls ? 'tool-calls' : 'end';
    case 'refusal':
      return 'refusal';
    case 'pause_turn':
      return 'pause';
    default:
      return 'end';
  }
}

export function mapToMessagesStop(stop: StopReason): string {
  switch (stop) {
    case 'end':
    case 'malformed-call':
      return 'end_turn';
    case 'tool-calls':
      return 'tool_use';
    case 'length':
      return 'max_tokens';
    case 'context-length':
      return 'model_context_window_exceeded';
    case 'stop-sequence':
      return 'stop_sequence';
    case 'refusal':
      return 'refusal';
    case 'pause':
      return 'pause_turn';
  }
}

import type { StopReason } from '../conversation/answer.ts';

/** https://docs.claude.com/en/api/handling-stop-reasons; a new one reads as a normal end. */
export function mapFromMessagesStop(reason: unknown): StopReason {
  switch (reason) {
    case 'max_tokens':
      return 'length';
    case 'model_context_window_exceeded':
      return 'context-length';
    case 'stop_sequence':
      return 'stop-sequence';
    case 'tool_use':
      return 'tool-calls';
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

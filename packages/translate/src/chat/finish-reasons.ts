import type { StopReason } from '../conversation/answer.ts';

/**
 * `hasCalls`, `hasRefusal`: what the answer holds; some vendors say `stop` behind tool calls, and OpenAI behind a
 * refusal. https://platform.openai.com/docs/api-reference/chat/object
 */
export function mapFromFinishReason(
  reason: unknown,
  { hasCalls, hasRefusal }: { hasCalls: boolean; hasRefusal: boolean },
): StopReason {
  switch (reason) {
    case 'length':
      return 'length';
    case 'content_filter':
      return 'refusal';
    case 'tool_calls':
    case 'function_call':
      return 'tool-calls';
    default:
      if (hasRefusal) return 'refusal';
      return hasCalls ? 'tool-calls' : 'end';
  }
}

export function mapToFinishReason(stop: StopReason): string {
  switch (stop) {
    case 'end':
    case 'stop-sequence':
    case 'pause':
    case 'malformed-call':
      return 'stop';
    case 'tool-calls':
      return 'tool_calls';
    case 'length':
    case 'context-length':
      return 'length';
    case 'refusal':
      return 'content_filter';
  }
}

import type { StopReason } from '../conversation/answer.ts';

/**
 * `hasCalls`, `hasRefusal`: what the answer holds; some vendors say `stop` behind tool calls, OpenAI behind a refusal,
 * and a reason of calls without any would have the client wait for them. Vendors that are like OpenAI have reasons of
 * their own, in capitals too. https://platform.openai.com/docs/api-reference/chat/object
 */
export function mapFromFinishReason(
  reason: unknown,
  { hasCalls, hasRefusal }: { hasCalls: boolean; hasRefusal: boolean },
): StopReason {
  switch (typeof reason === 'string' ? reason.toLowerCase() : null) {
    case 'length':
    case 'max_tokens':
    case 'model_length':
      return 'length';
    case 'content_filter':
    case 'refusal':
    case 'safety':
    case 'sensitive':
      return 'refusal';
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

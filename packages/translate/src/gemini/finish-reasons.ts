import type { StopReason } from '../conversation/answer.ts';

const FILTERED = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MODEL_ARMOR',
  'NO_IMAGE',
]);

const MALFORMED = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'MALFORMED_RESPONSE',
]);

/** Whether a candidate with this reason has ended: some models repeat a reason that is none. */
export function isFinishReason(reason: unknown): reason is string {
  return typeof reason === 'string' && reason !== '' && reason !== 'FINISH_REASON_UNSPECIFIED';
}

export function isMalformedCall(reason: string): boolean {
  return MALFORMED.has(reason);
}

/**
 * Google says `STOP` behind tool calls too, and `OTHER` behind those of foreign models: what the answer holds says the
 * rest. https://ai.google.dev/api/generate-content#FinishReason
 */
export function mapFromGeminiFinish(
  reason: string,
  { hasCalls, hasText }: { hasCalls: boolean; hasText: boolean },
): StopReason {
  if (reason === 'MAX_TOKENS') return 'length';
  if (FILTERED.has(reason) || reason.startsWith('IMAGE_')) return 'refusal';
  if (hasCalls) return 'tool-calls';
  if (MALFORMED.has(reason)) return 'malformed-call';
  // For reasons that it does not tell, and with nothing to show.
  if (reason === 'OTHER' && !hasText) return 'refusal';
  return 'end';
}

export function mapToGeminiFinish(stop: StopReason): string {
  switch (stop) {
    case 'end':
    case 'tool-calls':
    case 'stop-sequence':
    case 'pause':
      return 'STOP';
    case 'length':
    case 'context-length':
      return 'MAX_TOKENS';
    case 'refusal':
      return 'SAFETY';
    case 'malformed-call':
      return 'MALFORMED_FUNCTION_CALL';
  }
}

/** What the user reads where there would be nothing: an empty answer looks like a success. */
export function buildMalformedNote(reason: string, message: unknown): string {
  const detail = typeof message === 'string' && message !== '' ? ` ${message}` : '';
  return `(The model's tool call could not be read: ${reason}.${detail})`;
}

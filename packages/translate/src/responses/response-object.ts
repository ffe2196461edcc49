import type { StopReason } from '../conversation/answer.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { readEcho } from './answer-echo.ts';

export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete';

/** A response without `output` and `usage`: the writer puts those behind it. */
export function buildResponseObject(
  id: string,
  status: ResponseStatus,
  incompleteReason: string | null,
  { context, createdAtS, model }: AnswerScope,
): JsonObject {
  return {
    id,
    object: 'response',
    created_at: createdAtS,
    status,
    background: false,
    error: null,
    incomplete_details: incompleteReason === null ? null : { reason: incompleteReason },
    ...readEcho(context.echo).fields,
    model,
  };
}

/**
 * Why a response is not complete; null = it is. Calls of tools do not change the status, and neither does a refusal
 * in the model's own words, which stands in a part of its own.
 */
export function mapToIncompleteReason(stop: StopReason, hasRefusal: boolean): string | null {
  switch (stop) {
    case 'length':
    case 'context-length':
      return 'max_output_tokens';
    case 'refusal':
      return hasRefusal ? null : 'content_filter';
    case 'end':
    case 'tool-calls':
    case 'stop-sequence':
    case 'pause':
    case 'malformed-call':
      return null;
  }
}

/** https://platform.openai.com/docs/api-reference/responses/object; what the answer holds says the rest. */
export function mapFromResponse(
  response: JsonObject,
  { hasCalls, hasRefusal }: { hasCalls: boolean; hasRefusal: boolean },
): StopReason {
  if (response['status'] === 'incomplete') {
    const details = response['incomplete_details'] as JsonObject | null | undefined;
    return details?.['reason'] === 'content_filter' ? 'refusal' : 'length';
  }
  if (hasRefusal) return 'refusal';
  return hasCalls ? 'tool-calls' : 'end';
}

import type { ConversationRequest } from './conversation-request.ts';

export const JSON_INSTRUCTION =
  'Answer with one JSON object and nothing else: no explanation, no code fence.';

/**
 * OpenAI refuses its `json_object` where the conversation does not say JSON. Whether it has to be said: `text` is what
 * counts beside the turns.
 */
export function needsJsonWord({ outputFormat, turns }: ConversationRequest, text: string): boolean {
  if (outputFormat?.type !== 'json' || isJsonWord(text)) return false;
  return !turns.some(({ blocks }) => blocks.some((block) => block.type === 'text' && isJsonWord(block.text)));
}

function isJsonWord(text: string): boolean {
  return /json/iu.test(text);
}

import { event } from './fake-upstream.ts';

export const RESPONSES_USAGE = { input_tokens: 100, output_tokens: 20, total_tokens: 120 };
const ITEM = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Grüße 👋', annotations: [] }],
};
const at = { output_index: 0, item_id: 'msg_1', content_index: 0 };

/** The whole answer as a plain call would have got it. */
export function buildResponse(model: string, changes: object = {}) {
  const done = { error: null, incomplete_details: null, output: [ITEM], usage: RESPONSES_USAGE };
  return { id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model, ...done, ...changes };
}

/** One answer of a host of ChatGPT accounts, event by event: its end repeats no items. */
export function buildResponsesStream(model: string, end: object = { output: [] }): string[] {
  const begun = { id: 'resp_1', object: 'response', status: 'in_progress', model, output: [], usage: null };
  return [
    event('response.created', { sequence_number: 0, response: begun }),
    event('response.in_progress', { sequence_number: 1, response: begun }),
    event('response.output_item.added', {
      sequence_number: 2,
      output_index: 0,
      item: { ...ITEM, content: [] },
    }),
    event('response.output_text.delta', { sequence_number: 3, ...at, delta: 'Grüße 👋' }),
    event('response.output_text.done', { sequence_number: 4, ...at, text: 'Grüße 👋' }),
    event('response.output_item.done', { sequence_number: 5, output_index: 0, item: ITEM }),
    event('response.completed', { sequence_number: 6, response: buildResponse(model, end) }),
  ];
}

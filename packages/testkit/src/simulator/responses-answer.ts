import { countSimulatedTokens } from './messages-answer.ts';
import type { SimulatedAnswer, StreamPieces } from './protocol-answers.ts';
import { splitText } from './split-text.ts';

export function buildResponsesJson(answer: SimulatedAnswer): object {
  return {
    ...buildResponse(answer, 'completed'),
    output: [buildItem(answer, answer.text, 'completed')],
    usage: buildUsage(answer),
  };
}

/** The events of one message, whole items repeated where the protocol wants that. */
export function buildResponsesEvents(answer: SimulatedAnswer): StreamPieces {
  let number = 0;
  const event = (type: string, rest: object): Buffer =>
    Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...rest })}\n\n`);
  const at = { item_id: `msg_sim${answer.number}`, output_index: 0, content_index: 0 };
  const begun = { ...buildResponse(answer, 'in_progress'), output: [], usage: null };
  const part = { type: 'output_text', annotations: [], logprobs: [] };
  const item = buildItem(answer, answer.text, 'completed');
  return {
    pieces: [
      event('response.created', { response: begun }),
      event('response.in_progress', { response: begun }),
      event('response.output_item.added', {
        output_index: 0,
        item: { ...item, content: [], status: 'in_progress' },
      }),
      event('response.content_part.added', { ...at, part: { ...part, text: '' } }),
      ...splitText(answer.text).map((delta) =>
        event('response.output_text.delta', { ...at, delta, logprobs: [] }),
      ),
      event('response.output_text.done', { ...at, text: answer.text, logprobs: [] }),
      event('response.content_part.done', { ...at, part: { ...part, text: answer.text } }),
      event('response.output_item.done', { output_index: 0, item }),
      event('response.completed', { response: buildResponsesJson(answer) }),
    ],
    endingPieces: 4,
  };
}

function buildResponse({ model, number }: SimulatedAnswer, status: string): object {
  return {
    id: `resp_sim${number}`,
    object: 'response',
    created_at: 1_790_000_000,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    model,
    parallel_tool_calls: true,
    tools: [],
    tool_choice: 'auto',
  };
}

function buildItem({ number }: SimulatedAnswer, text: string, status: string): object {
  const content = [{ type: 'output_text', annotations: [], logprobs: [], text }];
  return { id: `msg_sim${number}`, type: 'message', status, role: 'assistant', content };
}

function buildUsage({ inputText, text, usage }: SimulatedAnswer): object {
  const input_tokens = countSimulatedTokens(inputText);
  const output_tokens = countSimulatedTokens(text);
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
    ...usage,
  };
}

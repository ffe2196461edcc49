import { countSimulatedTokens } from './messages-answer.ts';
import { collectSaid, type SimulatedAnswer, type StreamPieces } from './simulated-answer.ts';
import type { SimulatedToolCall } from './script.ts';
import { splitText } from './split-text.ts';

export function buildResponsesJson(answer: SimulatedAnswer): object {
  const output = listItems(answer);
  return { ...buildResponse(answer, 'completed'), output, usage: buildUsage(answer) };
}

type Event = (type: string, rest: object) => Buffer;

/** The events of each item in turn, whole items repeated where the protocol wants that. */
export function buildResponsesEvents(answer: SimulatedAnswer): StreamPieces {
  let number = 0;
  const event: Event = (type, rest) =>
    Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...rest })}\n\n`);
  const begun = { ...buildResponse(answer, 'in_progress'), output: [], usage: null };
  return {
    pieces: [
      event('response.created', { response: begun }),
      event('response.in_progress', { response: begun }),
      ...listItems(answer).flatMap((item, index) =>
        item.type === 'message'
          ? listTextEvents(item, answer.text, event)
          : listCallEvents(item, index, event),
      ),
      event('response.completed', {
        response: { ...buildResponsesJson(answer), ...(answer.omitsOutput === true && { output: [] }) },
      }),
    ],
    endingPieces: 4,
  };
}

function listTextEvents(item: Item, text: string, event: Event): Buffer[] {
  const at = { item_id: item.id, output_index: 0, content_index: 0 };
  const part = { type: 'output_text', annotations: [], logprobs: [] };
  return [
    event('response.output_item.added', {
      output_index: 0,
      item: { ...item, content: [], status: 'in_progress' },
    }),
    event('response.content_part.added', { ...at, part: { ...part, text: '' } }),
    ...splitText(text).map((delta) => event('response.output_text.delta', { ...at, delta, logprobs: [] })),
    event('response.output_text.done', { ...at, text, logprobs: [] }),
    event('response.content_part.done', { ...at, part: { ...part, text } }),
    event('response.output_item.done', { output_index: 0, item }),
  ];
}

/** A function's arguments, or a freeform tool's input. */
function listCallEvents(item: Item, output_index: number, event: Event): Buffer[] {
  const at = { item_id: item.id, output_index };
  const isCustom = item.type === 'custom_tool_call';
  const name = isCustom ? 'custom_tool_call_input' : 'function_call_arguments';
  const field = isCustom ? 'input' : 'arguments';
  const said = String(item[field]);
  return [
    event('response.output_item.added', {
      output_index,
      item: { ...item, [field]: '', status: 'in_progress' },
    }),
    ...splitText(said).map((delta) => event(`response.${name}.delta`, { ...at, delta })),
    event(`response.${name}.done`, { ...at, [field]: said, ...(!isCustom && { name: item['name'] }) }),
    event('response.output_item.done', { output_index, item }),
  ];
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

type Item = { id: string; type: string } & Record<string, unknown>;

function listItems(answer: SimulatedAnswer): Item[] {
  const { text, toolCalls, number } = answer;
  const calls = toolCalls.map(({ name, input }, index): Item => {
    const call = { id: `fc_sim${number}_${index}`, call_id: `call_sim${number}_${index}`, name };
    return buildCall(call, input);
  });
  return text === '' && calls.length > 0 ? calls : [buildMessage(answer), ...calls];
}

function buildCall(
  call: { id: string; name: string; call_id: string },
  input: SimulatedToolCall['input'],
): Item {
  return typeof input === 'string'
    ? { ...call, type: 'custom_tool_call', status: 'completed', input }
    : { ...call, type: 'function_call', status: 'completed', arguments: JSON.stringify(input) };
}

function buildMessage({ number, text }: SimulatedAnswer): Item {
  const content = [{ type: 'output_text', annotations: [], logprobs: [], text }];
  return { id: `msg_sim${number}`, type: 'message', status: 'completed', role: 'assistant', content };
}

function buildUsage(answer: SimulatedAnswer): object {
  const { inputText, usage } = answer;
  const input_tokens = countSimulatedTokens(inputText);
  const output_tokens = countSimulatedTokens(collectSaid(answer));
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
    ...usage,
  };
}

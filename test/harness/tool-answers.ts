import type { Script } from '@tollgate/testkit';
import { WIRE_MODELS, type Wire } from './wire-client.ts';

export const SAID = 'Let me look.';
export const ARGUMENTS = { path: 'a.txt' };
/** Of each answer: 120 tokens in, of them 20 from the cache, 30 out. */
export const BILLED = { input_tokens: 100, cache_read_tokens: 20, output_tokens: 30 };

const JSON_ARGUMENTS = JSON.stringify(ARGUMENTS);
const HALVES = [JSON_ARGUMENTS.slice(0, 5), JSON_ARGUMENTS.slice(5)] as const;

/** What an upstream of the protocol says that speaks, and then calls a tool. */
export function buildToolScript(protocol: Wire, stream: boolean): Script {
  if (!stream) return { body: PLAIN[protocol] };
  return {
    bytes: Buffer.from(STREAMS[protocol]()),
    headers: { 'content-type': 'text/event-stream' },
    // Through names, escapes and line ends.
    chunkBytes: 7,
  };
}

const OPENAI_USAGE = {
  input_tokens: 120,
  input_tokens_details: { cached_tokens: 20 },
  output_tokens: 30,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 150,
};
const CHAT_USAGE = {
  prompt_tokens: 120,
  prompt_tokens_details: { cached_tokens: 20 },
  completion_tokens: 30,
  total_tokens: 150,
};
const CLAUDE_USAGE = { input_tokens: 100, cache_read_input_tokens: 20, cache_creation_input_tokens: 0 };
const GEMINI_USAGE = {
  promptTokenCount: 120,
  cachedContentTokenCount: 20,
  candidatesTokenCount: 30,
  totalTokenCount: 150,
};

const CALL = { id: 'fc_1', type: 'function_call', status: 'completed', call_id: 'call_1', name: 'read_file' };
const MESSAGE_ITEM = {
  id: 'msg_1',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', annotations: [], text: SAID }],
};
const OUTPUT = [MESSAGE_ITEM, { ...CALL, arguments: JSON_ARGUMENTS }];
const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  created_at: 1_790_000_000,
  model: WIRE_MODELS.responses,
};
const COMPLETED = { ...RESPONSE, status: 'completed', error: null, output: OUTPUT, usage: OPENAI_USAGE };
const TOOL_CALL = { id: 'call_1', type: 'function' };
const CHAT = { id: 'chatcmpl-1', created: 1_790_000_000, model: WIRE_MODELS.chat };
const TOOL_USE = { type: 'tool_use', id: 'toolu_1', name: 'read_file' };
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: WIRE_MODELS.messages };
const FUNCTION_CALL = { functionCall: { name: 'read_file', args: ARGUMENTS } };

const PLAIN: Record<Wire, object> = {
  messages: {
    ...MESSAGE,
    content: [
      { type: 'text', text: SAID },
      { ...TOOL_USE, input: ARGUMENTS },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { ...CLAUDE_USAGE, output_tokens: 30 },
  },
  chat: {
    ...CHAT,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: SAID,
          tool_calls: [{ ...TOOL_CALL, function: { name: 'read_file', arguments: JSON_ARGUMENTS } }],
        },
        finish_reason: 'tool_calls',
      },
    ],
    usage: CHAT_USAGE,
  },
  responses: COMPLETED,
  gemini: buildGemini([{ text: SAID }, FUNCTION_CALL], 'STOP'),
};

const STREAMS: Record<Wire, () => string> = {
  messages: () => {
    const start = {
      ...MESSAGE,
      content: [],
      stop_reason: null,
      usage: { ...CLAUDE_USAGE, output_tokens: 1 },
    };
    return join('event', [
      { type: 'message_start', message: start },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: SAID } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { ...TOOL_USE, input: {} } },
      ...['', ...HALVES].map((partial_json) => ({
        type: 'content_block_delta',
        index: 1,
        delta: { type: 'input_json_delta', partial_json },
      })),
      { type: 'content_block_stop', index: 1 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use', stop_sequence: null },
        usage: { output_tokens: 30 },
      },
      { type: 'message_stop' },
    ]);
  },
  chat: () => {
    const chunk = (choices: object[], rest: object = {}) => ({
      ...CHAT,
      object: 'chat.completion.chunk',
      choices,
      ...rest,
    });
    const say = (delta: object, finish_reason: string | null = null) =>
      chunk([{ index: 0, delta, finish_reason }]);
    const call = (fields: object) => say({ tool_calls: [{ index: 0, ...fields }] });
    return `${join('data', [
      say({ role: 'assistant', content: '' }),
      say({ content: SAID }),
      call({ ...TOOL_CALL, function: { name: 'read_file', arguments: '' } }),
      ...HALVES.map((piece) => call({ function: { arguments: piece } })),
      say({}, 'tool_calls'),
      chunk([], { usage: CHAT_USAGE }),
    ])}data: [DONE]\n\n`;
  },
  responses: () => {
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const call = { item_id: 'fc_1', output_index: 1 };
    const part = { type: 'output_text', annotations: [] };
    const events: Record<string, unknown>[] = [
      { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [] } },
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { ...MESSAGE_ITEM, status: 'in_progress', content: [] },
      },
      { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
      { type: 'response.output_text.delta', ...at, delta: SAID },
      { type: 'response.output_text.done', ...at, text: SAID },
      { type: 'response.content_part.done', ...at, part: { ...part, text: SAID } },
      { type: 'response.output_item.done', output_index: 0, item: MESSAGE_ITEM },
      {
        type: 'response.output_item.added',
        output_index: 1,
        item: { ...CALL, status: 'in_progress', arguments: '' },
      },
      { type: 'response.function_call_arguments.delta', ...call, delta: HALVES[0] },
      { type: 'response.function_call_arguments.delta', ...call, delta: HALVES[1] },
      { type: 'response.function_call_arguments.done', ...call, arguments: JSON_ARGUMENTS },
      { type: 'response.output_item.done', output_index: 1, item: OUTPUT[1] },
      { type: 'response.completed', response: COMPLETED },
    ];
    return join(
      'event',
      events.map((event, sequence_number) => Object.assign(event, { sequence_number })),
    );
  },
  gemini: () =>
    join('data', [buildGemini([{ text: SAID }], undefined), buildGemini([FUNCTION_CALL], 'STOP')]),
};

function buildGemini(parts: object[], finishReason: string | undefined): object {
  return {
    candidates: [{ content: { parts, role: 'model' }, ...(finishReason && { finishReason }), index: 0 }],
    usageMetadata: GEMINI_USAGE,
    modelVersion: WIRE_MODELS.gemini,
    responseId: 'g1',
  };
}

/** With the event's own name in front, or without. */
function join(kind: 'event' | 'data', events: object[]): string {
  return events
    .map((event) => {
      const name = kind === 'event' && 'type' in event ? `event: ${String(event.type)}\n` : '';
      return `${name}data: ${JSON.stringify(event)}\n\n`;
    })
    .join('');
}

import { INTERRUPTED } from '../../conversation/answer-open-calls.ts';
import type { JsonObject } from '../../json/json-object.ts';
import type { ProtocolSamples } from './feature-sample.ts';

const PNG_URL = 'data:image/png;base64,iVBORw0KGgoPNG';
const TOOL = {
  type: 'function',
  name: 'look_up',
  description: 'Looks it up',
  parameters: { type: 'object', properties: { word: { type: 'string' } } },
};
const STRICT_SCHEMA = { type: 'object', properties: {}, additionalProperties: false };
const CALL = {
  type: 'function_call',
  call_id: 'call_01',
  name: 'look_up',
  arguments: '{"word":"needle-input"}',
};

function say(...content: JsonObject[]): JsonObject {
  return { input: [{ role: 'user', content }] };
}

function history(...items: JsonObject[]): JsonObject {
  return { input: [{ role: 'user', content: 'Well?' }, ...items, { role: 'user', content: 'Go on.' }] };
}

function result(output: unknown): JsonObject {
  return {
    tools: [TOOL],
    input: [
      { role: 'user', content: 'Look.' },
      CALL,
      { type: 'function_call_output', call_id: 'call_01', output },
    ],
  };
}

function message(...content: JsonObject[]): JsonObject {
  return { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content };
}

const SAID = message({ type: 'output_text', text: 'So.', annotations: [] });

/** Responses with one feature each. */
export const RESPONSES_SAMPLES: ProtocolSamples = {
  request: { model: 'gpt', input: 'Hello' },
  requests: {
    system: { body: { instructions: 'needle-system' }, needle: 'needle-system' },
    'mid-conversation-system': {
      body: {
        input: [
          { role: 'user', content: 'Hello' },
          { role: 'developer', content: 'needle-reminder' },
        ],
      },
      needle: {
        messages: '<system-reminder>\\nneedle-reminder',
        chat: 'needle-reminder',
        gemini: '<system-reminder>\\nneedle-reminder',
      },
    },
    text: { body: say({ type: 'input_text', text: 'needle-text' }), needle: 'needle-text' },
    'image-base64': { body: say({ type: 'input_image', image_url: PNG_URL }), needle: 'iVBORw0KGgoPNG' },
    'image-url': {
      body: say({ type: 'input_image', image_url: 'https://example.com/a.png' }),
      param: 'input.0.content.0',
      needle: 'https://example.com/a.png',
    },
    'image-detail': {
      body: say({ type: 'input_image', image_url: PNG_URL, detail: 'low' }),
      needle: '"detail":"low"',
    },
    'document-base64': {
      body: say({
        type: 'input_file',
        filename: 'a.pdf',
        file_data: 'data:application/pdf;base64,JVBERi0PDF',
      }),
      needle: 'JVBERi0PDF',
    },
    'document-text': {
      body: say({ type: 'input_file', file_data: 'data:text/plain;base64,bmVlZGxlLWRvY3VtZW50' }),
      needle: 'needle-document',
    },
    'document-url': {
      body: say({ type: 'input_file', file_url: 'https://example.com/a.pdf' }),
      param: 'input.0.content.0',
      needle: 'https://example.com/a.pdf',
    },
    'file-id': {
      body: say({ type: 'input_file', file_id: 'file-1' }),
      param: 'input.0.content.0.file_id',
    },
    tools: { body: { tools: [TOOL] }, needle: 'Looks it up' },
    'tool-strict': {
      body: { tools: [{ ...TOOL, parameters: STRICT_SCHEMA, strict: true }] },
      needle: '"strict":true',
    },
    'custom-tool': {
      body: { tools: [{ type: 'custom', name: 'patch', format: { definition: 'needle-grammar' } }] },
      needle: 'needle-grammar',
    },
    'web-search': {
      body: { tools: [{ type: 'web_search' }] },
      needle: { messages: 'web_search_20250305', chat: 'web_search_options', gemini: 'googleSearch' },
    },
    'server-tool': { body: { tools: [{ type: 'code_interpreter' }] }, param: 'tools.0' },
    'tool-search': { body: { tools: [TOOL, { type: 'tool_search' }] }, needle: 'tool_search' },
    'tool-choice': {
      body: { tools: [TOOL], tool_choice: { type: 'function', name: 'look_up' } },
      needle: {
        messages: '"tool_choice":{"type":"tool","name":"look_up"}',
        chat: '"tool_choice":{"type":"function","function":{"name":"look_up"}}',
        gemini: '"allowedFunctionNames":["look_up"]',
      },
    },
    'tool-choice-list': {
      body: {
        tools: [TOOL, { ...TOOL, name: 'other' }, { ...TOOL, name: 'third' }],
        tool_choice: { type: 'allowed_tools', mode: 'required', tools: [TOOL, { name: 'other' }] },
      },
      needle: {
        messages: '"tool_choice":{"type":"any"}',
        chat: 'allowed_tools',
        gemini: '"allowedFunctionNames":["look_up","other"]',
      },
    },
    'parallel-calls': {
      body: { tools: [TOOL], parallel_tool_calls: false },
      needle: { messages: '"disable_parallel_tool_use":true', chat: '"parallel_tool_calls":false' },
    },
    'tool-call': { body: result('ok'), needle: 'needle-input' },
    'open-call': { body: { tools: [TOOL], ...history(CALL) }, needle: INTERRUPTED },
    'tool-result': { body: result('needle-result'), needle: 'needle-result' },
    'tool-result-image': {
      body: result([{ type: 'input_image', image_url: PNG_URL }]),
      needle: 'iVBORw0KGgoPNG',
    },
    'thinking-history': {
      body: history({
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'needle-thought' }],
      }),
      needle: 'needle-thought',
    },
    'server-tool-history': {
      body: history({ type: 'web_search_call', id: 'ws_1', action: { query: 'needle-query' } }),
      needle: 'needle-query',
    },
    refusal: {
      body: history(message({ type: 'refusal', refusal: 'needle-refusal' })),
      needle: 'needle-refusal',
    },
    'unknown-block': { body: say({ type: 'hologram' }), param: 'input.0.content.0' },
    reasoning: {
      upstreamModel: { chat: 'o3' },
      body: { reasoning: { effort: 'medium' }, max_output_tokens: 20_000 },
      needle: {
        messages: '"thinking":{"type":"enabled","budget_tokens":10000}',
        chat: '"reasoning_effort":"medium"',
        gemini: 'thinkingConfig',
      },
    },
    'json-schema': {
      body: {
        text: {
          format: { type: 'json_schema', name: 'n', schema: { title: 'needle-schema', type: 'string' } },
        },
      },
      needle: 'needle-schema',
    },
    'json-object': {
      body: { text: { format: { type: 'json_object' } } },
      needle: { messages: 'one JSON object', chat: 'json_object', gemini: 'application/json' },
    },
    'max-tokens': {
      body: { max_output_tokens: 4321 },
      needle: { messages: '"max_tokens":4321', chat: '4321', gemini: '"maxOutputTokens":4321' },
    },
    temperature: { body: { temperature: 0.25 }, needle: '"temperature":0.25' },
    'top-p': {
      body: { top_p: 0.75 },
      needle: { messages: '"top_p":0.75', chat: '"top_p":0.75', gemini: '"topP":0.75' },
    },
    logprobs: { body: { top_logprobs: 3 }, needle: 'logprobs' },
    verbosity: { body: { text: { verbosity: 'low' } }, needle: '"verbosity":"low"' },
    'user-id': { body: { safety_identifier: 'needle-user' }, needle: 'needle-user' },
    metadata: { body: { client_metadata: { a: 'needle-label' } }, needle: 'needle-label' },
    'cache-key': { body: { prompt_cache_key: 'needle-key' }, needle: 'needle-key' },
    'service-tier': { body: { service_tier: 'flex' }, needle: 'flex' },
    'stored-state': { body: { previous_response_id: 'resp_1' }, param: 'previous_response_id' },
    'context-management': { body: { truncation: 'auto' }, needle: 'truncation' },
    'unknown-field': { body: { brand_new: 1 }, droppedAs: 'brand_new', needle: 'brand_new' },
  },
  answer: {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'gpt',
    output: [SAID],
    usage: { input_tokens: 3, output_tokens: 5, total_tokens: 8 },
  },
  answers: {
    'answer-text': {
      body: { output: [message({ type: 'output_text', text: 'needle-text', annotations: [] })] },
      needle: 'needle-text',
    },
    'answer-tool-call': { body: { output: [{ ...CALL, id: 'fc_1' }] }, needle: 'needle-input' },
    'answer-thinking': {
      body: {
        output: [
          { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'needle-thought' }] },
          SAID,
        ],
      },
      needle: 'needle-thought',
    },
    'answer-signature': {
      body: {
        output: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'needle-signature' }, SAID],
      },
      needle: 'needle-signature',
    },
    'answer-refusal': {
      body: { output: [message({ type: 'refusal', refusal: 'needle-refusal' })] },
      needle: { messages: '"stop_reason":"refusal"', chat: '"refusal":"needle-refusal"', gemini: '"SAFETY"' },
    },
    'answer-stop-reason': {
      body: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      needle: {
        messages: '"stop_reason":"max_tokens"',
        chat: '"finish_reason":"length"',
        gemini: '"finishReason":"MAX_TOKENS"',
      },
    },
    'answer-usage': {
      body: { usage: { input_tokens: 1001, output_tokens: 2002, total_tokens: 3003 } },
      needle: {
        messages: '"input_tokens":1001',
        chat: '"prompt_tokens":1001',
        gemini: '"promptTokenCount":1001',
      },
    },
    'answer-citations': {
      body: {
        output: [
          message({ type: 'output_text', text: 'So.', annotations: [{ url: 'https://example.com/needle' }] }),
        ],
      },
      needle: 'https://example.com/needle',
    },
    'answer-server-tools': {
      body: { output: [{ type: 'web_search_call', id: 'ws', action: { query: 'needle-query' } }, SAID] },
      needle: 'needle-query',
    },
    'answer-media': {
      body: { output: [{ type: 'image_generation_call', id: 'ig', result: 'needle-image' }, SAID] },
      needle: 'needle-image',
    },
    'answer-logprobs': {
      body: {
        output: [
          message({
            type: 'output_text',
            text: 'So.',
            annotations: [],
            logprobs: [{ token: 'needle-prob' }],
          }),
        ],
      },
      needle: 'needle-prob',
    },
    'answer-unknown': {
      body: { output: [{ type: 'hologram', data: 'needle-holo' }, SAID] },
      needle: 'needle-holo',
    },
  },
};

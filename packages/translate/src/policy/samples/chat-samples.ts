import { INTERRUPTED } from '../../conversation/answer-open-calls.ts';
import type { JsonObject } from '../../json/json-object.ts';
import type { ProtocolSamples } from './feature-sample.ts';

const PNG_URL = 'data:image/png;base64,iVBORw0KGgoPNG';
const TOOL = {
  type: 'function',
  function: { name: 'look_up', description: 'Looks it up', parameters: { type: 'object', properties: {} } },
};
const CALL = {
  id: 'call_01',
  type: 'function',
  function: { name: 'look_up', arguments: '{"word":"needle-input"}' },
};

function say(...content: JsonObject[]): JsonObject {
  return { messages: [{ role: 'user', content }] };
}

function history(assistant: JsonObject): JsonObject {
  return {
    messages: [
      { role: 'user', content: 'Well?' },
      { role: 'assistant', ...assistant },
      { role: 'user', content: 'Go on.' },
    ],
  };
}

function result(content: unknown): JsonObject {
  return {
    tools: [TOOL],
    messages: [
      { role: 'user', content: 'Look it up.' },
      { role: 'assistant', content: null, tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'call_01', content },
    ],
  };
}

function answer(message: JsonObject, finish_reason = 'stop'): JsonObject {
  return {
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason }],
  };
}

/** Completions with one feature each. */
export const CHAT_SAMPLES: ProtocolSamples = {
  request: { model: 'gpt', messages: [{ role: 'user', content: 'Hello' }] },
  requests: {
    system: {
      body: {
        messages: [
          { role: 'developer', content: 'needle-system' },
          { role: 'user', content: 'Hello' },
        ],
      },
      needle: 'needle-system',
    },
    'mid-conversation-system': {
      body: {
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'system', content: 'needle-reminder' },
        ],
      },
      needle: {
        messages: '<system-reminder>\\nneedle-reminder',
        responses: 'needle-reminder',
        gemini: '<system-reminder>\\nneedle-reminder',
      },
    },
    text: { body: say({ type: 'text', text: 'needle-text' }), needle: 'needle-text' },
    'image-base64': {
      body: say({ type: 'image_url', image_url: { url: PNG_URL } }),
      needle: 'iVBORw0KGgoPNG',
    },
    'image-url': {
      body: say({ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }),
      param: 'messages.0.content.0.image_url.url',
      needle: 'https://example.com/a.png',
    },
    'image-detail': {
      body: say({ type: 'image_url', image_url: { url: PNG_URL, detail: 'low' } }),
      needle: '"detail":"low"',
    },
    'document-base64': {
      body: say({
        type: 'file',
        file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0PDF' },
      }),
      needle: 'JVBERi0PDF',
    },
    'document-text': {
      body: say({
        type: 'file',
        file: { filename: 'a.txt', file_data: 'data:text/plain;base64,bmVlZGxlLWRvY3VtZW50' },
      }),
      needle: 'needle-document',
    },
    'file-id': {
      body: say({ type: 'file', file: { file_id: 'file-1' } }),
      param: 'messages.0.content.0.file.file_id',
    },
    audio: {
      body: say({ type: 'input_audio', input_audio: { data: 'UklGRgWAV', format: 'wav' } }),
      param: 'messages.0.content.0',
      needle: 'UklGRgWAV',
    },
    tools: { body: { tools: [TOOL] }, needle: 'Looks it up' },
    'tool-strict': {
      body: { tools: [{ type: 'function', function: { name: 'look_up', strict: true } }] },
      needle: '"strict":true',
    },
    'chat-custom-tool': { body: { tools: [{ type: 'custom', custom: { name: 'free' } }] }, param: 'tools.0' },
    'web-search': {
      body: { web_search_options: {} },
      needle: { messages: 'web_search_20250305', responses: 'web_search', gemini: 'googleSearch' },
    },
    'server-tool': { body: { tools: [{ type: 'openrouter:datetime' }] }, param: 'tools.0' },
    'tool-choice': {
      body: { tools: [TOOL], tool_choice: { type: 'function', function: { name: 'look_up' } } },
      needle: {
        messages: '"tool_choice":{"type":"tool","name":"look_up"}',
        responses: '"tool_choice":{"type":"function","name":"look_up"}',
        gemini: '"allowedFunctionNames":["look_up"]',
      },
    },
    'tool-choice-list': {
      body: {
        tools: [TOOL, { type: 'function', function: { name: 'other' } }],
        tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [TOOL, TOOL] } },
      },
      needle: {
        messages: '"tool_choice":{"type":"any"}',
        responses: 'allowed_tools',
        gemini: 'allowedFunctionNames',
      },
    },
    'parallel-calls': {
      body: { tools: [TOOL], parallel_tool_calls: false },
      needle: { messages: '"disable_parallel_tool_use":true', responses: '"parallel_tool_calls":false' },
    },
    'tool-call': { body: result('ok'), needle: 'needle-input' },
    'open-call': {
      body: { tools: [TOOL], ...history({ content: null, tool_calls: [CALL] }) },
      needle: INTERRUPTED,
    },
    'tool-result': { body: result('needle-result'), needle: 'needle-result' },
    'thinking-history': {
      body: history({ content: 'So.', reasoning_content: 'needle-thought' }),
      needle: 'needle-thought',
    },
    refusal: { body: history({ content: null, refusal: 'needle-refusal' }), needle: 'needle-refusal' },
    'unknown-block': { body: say({ type: 'hologram' }), param: 'messages.0.content.0' },
    reasoning: {
      upstreamModel: { responses: 'o3' },
      body: { reasoning_effort: 'medium', max_completion_tokens: 20_000 },
      needle: {
        messages: '"thinking":{"type":"enabled","budget_tokens":10000}',
        responses: '"effort":"medium"',
        gemini: 'thinkingConfig',
      },
    },
    'json-schema': {
      body: {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema: { title: 'needle-schema' } },
        },
      },
      needle: 'needle-schema',
    },
    'json-object': {
      body: { response_format: { type: 'json_object' } },
      needle: { messages: 'one JSON object', responses: 'json_object', gemini: 'application/json' },
    },
    'max-tokens': {
      body: { max_tokens: 4321 },
      needle: {
        messages: '"max_tokens":4321',
        responses: '"max_output_tokens":4321',
        gemini: '"maxOutputTokens":4321',
      },
    },
    'stop-sequences': { body: { stop: 'needle-stop' }, needle: 'needle-stop' },
    temperature: { body: { temperature: 0.25 }, needle: '"temperature":0.25' },
    'top-p': {
      body: { top_p: 0.75 },
      needle: { messages: '"top_p":0.75', responses: '"top_p":0.75', gemini: '"topP":0.75' },
    },
    penalties: { body: { presence_penalty: 0.5 }, needle: { gemini: '"presencePenalty":0.5' } },
    seed: { body: { seed: 4711 }, needle: '4711' },
    candidates: { body: { n: 2 }, param: 'n' },
    logprobs: { body: { logprobs: true, top_logprobs: 3 }, needle: 'logprobs' },
    verbosity: { body: { verbosity: 'low' }, needle: '"verbosity":"low"' },
    modalities: { body: { modalities: ['text', 'audio'] }, param: 'modalities' },
    'user-id': { body: { user: 'needle-user' }, needle: 'needle-user' },
    metadata: { body: { metadata: { a: 'needle-label' } }, needle: 'needle-label' },
    'cache-key': { body: { prompt_cache_key: 'needle-key' }, needle: 'needle-key' },
    'service-tier': { body: { service_tier: 'flex' }, needle: 'flex' },
    'legacy-functions': { body: { functions: [{ name: 'look_up' }] }, param: 'functions' },
    'unknown-field': { body: { brand_new: 1 }, droppedAs: 'brand_new', needle: 'brand_new' },
  },
  answer: {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt',
    ...answer({ content: 'Hello' }),
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  },
  answers: {
    'answer-text': { body: answer({ content: 'needle-text' }), needle: 'needle-text' },
    'answer-tool-call': { body: answer({ tool_calls: [CALL] }, 'tool_calls'), needle: 'needle-input' },
    'answer-thinking': {
      body: answer({ content: 'So.', reasoning_content: 'needle-thought' }),
      needle: 'needle-thought',
    },
    'answer-signature': {
      body: answer({ content: 'So.', reasoning_details: [{ data: 'needle-signature' }] }),
      needle: 'needle-signature',
    },
    'answer-refusal': {
      body: answer({ refusal: 'needle-refusal' }),
      needle: { messages: '"stop_reason":"refusal"', responses: 'needle-refusal', gemini: '"SAFETY"' },
    },
    'answer-stop-reason': {
      body: answer({ content: 'Hel' }, 'length'),
      needle: {
        messages: '"stop_reason":"max_tokens"',
        responses: '"max_output_tokens"',
        gemini: '"finishReason":"MAX_TOKENS"',
      },
    },
    'answer-usage': {
      body: { usage: { prompt_tokens: 1001, completion_tokens: 2002, total_tokens: 3003 } },
      needle: {
        messages: '"input_tokens":1001',
        responses: '"input_tokens":1001',
        gemini: '"promptTokenCount":1001',
      },
    },
    'answer-citations': {
      body: answer({
        content: 'So.',
        annotations: [{ url_citation: { url: 'https://example.com/needle' } }],
      }),
      needle: 'https://example.com/needle',
    },
    'answer-media': { body: answer({ audio: { id: 'a', data: 'needle-sound' } }), needle: 'needle-sound' },
    'answer-logprobs': {
      body: {
        choices: [
          {
            index: 0,
            message: { content: 'So.' },
            logprobs: { content: ['needle-logprob'] },
            finish_reason: 'stop',
          },
        ],
      },
      needle: 'needle-logprob',
    },
    'answer-unknown': {
      body: answer({
        content: 'So.',
        tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'needle-free' } }],
      }),
      needle: 'needle-free',
    },
  },
};

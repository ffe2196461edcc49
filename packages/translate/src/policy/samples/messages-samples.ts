import { INTERRUPTED } from '../../conversation/answer-open-calls.ts';
import type { JsonObject } from '../../json/json-object.ts';
import type { ProtocolSamples } from './feature-sample.ts';

const PNG = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgoPNG' };
const TOOL = {
  name: 'look_up',
  description: 'Looks it up',
  input_schema: { type: 'object', properties: {} },
};
const STRICT_SCHEMA = { type: 'object', properties: {}, additionalProperties: false };
const CALL = { type: 'tool_use', id: 'toolu_01', name: 'look_up', input: { word: 'needle-input' } };

function say(...content: JsonObject[]): JsonObject {
  return { messages: [{ role: 'user', content }] };
}

function result(fields: JsonObject): JsonObject {
  return {
    tools: [TOOL],
    messages: [
      { role: 'user', content: 'Look it up.' },
      { role: 'assistant', content: [CALL] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_01', ...fields }] },
    ],
  };
}

function history(...content: JsonObject[]): JsonObject {
  return {
    messages: [
      { role: 'user', content: 'Well?' },
      { role: 'assistant', content },
      { role: 'user', content: 'Go on.' },
    ],
  };
}

/** Messages with one feature each. */
export const MESSAGES_SAMPLES: ProtocolSamples = {
  request: { model: 'claude', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] },
  requests: {
    system: { body: { system: [{ type: 'text', text: 'needle-system' }] }, needle: 'needle-system' },
    'billing-header': {
      body: { system: [{ type: 'text', text: 'x-anthropic-billing-header: cc_version=2' }] },
      needle: 'billing-header',
    },
    'mid-conversation-system': {
      body: {
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'system', content: 'needle-reminder' },
        ],
      },
      needle: {
        chat: '{"role":"system","content":"needle-reminder"}',
        responses: 'needle-reminder',
        gemini: '<system-reminder>\\nneedle-reminder',
      },
    },
    text: { body: say({ type: 'text', text: 'needle-text' }), needle: 'needle-text' },
    'image-base64': { body: say({ type: 'image', source: PNG }), needle: 'iVBORw0KGgoPNG' },
    'image-url': {
      body: say({ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }),
      param: 'messages.0.content.0',
      needle: 'https://example.com/a.png',
    },
    'document-base64': {
      body: say({
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0PDF' },
      }),
      needle: 'JVBERi0PDF',
    },
    'document-text': {
      body: say({
        type: 'document',
        title: 'needle-title',
        source: { type: 'text', media_type: 'text/plain', data: 'needle-document' },
      }),
      needle: 'needle-title\\n\\nneedle-document',
    },
    'document-url': {
      body: say({ type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } }),
      param: 'messages.0.content.0',
      needle: 'https://example.com/a.pdf',
    },
    'search-result': {
      body: say({
        type: 'search_result',
        title: 'needle-title',
        source: 'https://example.com',
        content: [{ type: 'text', text: 'needle-found' }],
      }),
      needle: 'needle-title\\n\\nhttps://example.com\\n\\nneedle-found',
    },
    'document-citations': {
      body: say({
        type: 'document',
        citations: { enabled: true },
        source: { type: 'text', media_type: 'text/plain', data: 'text' },
      }),
      needle: 'citations',
    },
    'file-id': {
      body: say({ type: 'image', source: { type: 'file', file_id: 'file_011' } }),
      param: 'messages.0.content.0',
    },
    tools: { body: { tools: [TOOL] }, needle: 'Looks it up' },
    'tool-strict': {
      body: { tools: [{ ...TOOL, input_schema: STRICT_SCHEMA, strict: true }] },
      needle: '"strict":true',
    },
    'web-search': {
      body: { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }] },
      needle: { chat: 'web_search_options', responses: 'web_search', gemini: 'googleSearch' },
    },
    'server-tool': {
      body: { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] },
      param: 'tools.0',
    },
    'tool-search': {
      body: {
        tools: [TOOL, { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' }],
      },
      needle: 'tool_search',
    },
    'tool-choice': {
      body: { tools: [TOOL], tool_choice: { type: 'any' } },
      needle: { chat: '"tool_choice":"required"', responses: '"tool_choice":"required"', gemini: '"ANY"' },
    },
    'parallel-calls': {
      body: { tools: [TOOL], tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      needle: '"parallel_tool_calls":false',
    },
    'tool-call': { body: result({ content: 'ok' }), needle: 'needle-input' },
    'open-call': { body: { tools: [TOOL], ...history(CALL) }, needle: INTERRUPTED },
    'tool-result': { body: result({ content: 'needle-result' }), needle: 'needle-result' },
    'tool-result-image': {
      body: result({ content: [{ type: 'image', source: PNG }] }),
      needle: 'iVBORw0KGgoPNG',
    },
    'tool-result-error': {
      body: result({ content: 'no', is_error: true }),
      needle: { gemini: '"error"' },
    },
    'thinking-history': {
      body: history(
        { type: 'thinking', thinking: 'needle-thought', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0YQ' },
        { type: 'text', text: 'So.' },
      ),
      needle: 'needle-thought',
    },
    'server-tool-history': {
      body: history(
        { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'needle-query' } },
        { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
        { type: 'text', text: 'So.' },
      ),
      needle: 'needle-query',
    },
    'unknown-block': { body: say({ type: 'hologram' }), param: 'messages.0.content.0' },
    reasoning: {
      body: { thinking: { type: 'enabled', budget_tokens: 10_000 } },
      upstreamModel: { chat: 'o3', responses: 'o3' },
      needle: {
        chat: '"reasoning_effort":"medium"',
        responses: '"effort":"medium"',
        gemini: '"thinkingBudget":10000',
      },
    },
    'json-schema': {
      body: { output_config: { format: { type: 'json_schema', schema: { title: 'needle-schema' } } } },
      needle: 'needle-schema',
    },
    'max-tokens': {
      body: { max_tokens: 4321 },
      needle: {
        chat: '"max_completion_tokens":4321',
        responses: '"max_output_tokens":4321',
        gemini: '"maxOutputTokens":4321',
      },
    },
    'stop-sequences': { body: { stop_sequences: ['needle-stop'] }, needle: 'needle-stop' },
    temperature: { body: { temperature: 0.25 }, needle: '"temperature":0.25' },
    'top-p': {
      body: { top_p: 0.75 },
      needle: { chat: '"top_p":0.75', responses: '"top_p":0.75', gemini: '"topP":0.75' },
    },
    'top-k': { body: { top_k: 7 }, needle: { gemini: '"topK":7' } },
    'user-id': { body: { metadata: { user_id: 'needle-user' } }, needle: 'needle-user' },
    'cache-marks': {
      body: say({ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }),
      needle: 'cache_control',
    },
    'service-tier': { body: { service_tier: 'auto' }, needle: 'service_tier' },
    'stored-state': { body: { container: 'container_011' }, param: 'container' },
    'context-management': { body: { context_management: { edits: [] } }, needle: 'edits' },
    'unknown-field': { body: { brand_new: 1 }, droppedAs: 'brand_new', needle: 'brand_new' },
  },
  answer: {
    id: 'msg_01',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [{ type: 'text', text: 'Hello' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 5 },
  },
  answers: {
    'answer-text': { body: { content: [{ type: 'text', text: 'needle-text' }] }, needle: 'needle-text' },
    'answer-tool-call': { body: { content: [CALL], stop_reason: 'tool_use' }, needle: 'needle-input' },
    'answer-thinking': {
      body: {
        content: [
          { type: 'thinking', thinking: 'needle-thought', signature: 'c2ln' },
          { type: 'text', text: 'So.' },
        ],
      },
      needle: 'needle-thought',
    },
    'answer-signature': {
      body: { content: [{ type: 'thinking', thinking: 'Hm.', signature: 'needle-signature' }] },
      needle: 'needle-signature',
    },
    'answer-refusal': {
      body: { stop_reason: 'refusal' },
      needle: {
        chat: '"finish_reason":"content_filter"',
        responses: '"content_filter"',
        gemini: '"finishReason":"SAFETY"',
      },
    },
    'answer-stop-reason': {
      body: { stop_reason: 'max_tokens' },
      needle: {
        chat: '"finish_reason":"length"',
        responses: '"max_output_tokens"',
        gemini: '"finishReason":"MAX_TOKENS"',
      },
    },
    'answer-stop-sequence': {
      body: { stop_reason: 'stop_sequence', stop_sequence: 'needle-stop' },
      needle: 'needle-stop',
    },
    'answer-usage': {
      body: { usage: { input_tokens: 1001, output_tokens: 2002 } },
      needle: {
        chat: '"prompt_tokens":1001,"completion_tokens":2002',
        responses: '"input_tokens":1001',
        gemini: '"promptTokenCount":1001',
      },
    },
    'answer-citations': {
      body: { content: [{ type: 'text', text: 'So.', citations: [{ url: 'https://example.com/needle' }] }] },
      needle: 'https://example.com/needle',
    },
    'answer-server-tools': {
      body: {
        content: [{ type: 'server_tool_use', id: 's', name: 'web_search', input: { q: 'needle-query' } }],
      },
      needle: 'needle-query',
    },
    'answer-unknown': { body: { content: [{ type: 'hologram', needle: 1 }] }, needle: 'hologram' },
  },
};

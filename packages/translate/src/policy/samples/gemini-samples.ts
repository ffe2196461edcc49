import { INTERRUPTED } from '../../conversation/answer-open-calls.ts';
import type { JsonObject } from '../../json/json-object.ts';
import type { ProtocolSamples } from './feature-sample.ts';

const PNG = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgoPNG' } };
const SCHEMA = { type: 'OBJECT', properties: { word: { type: 'STRING' } } };
const TOOL = { functionDeclarations: [{ name: 'look_up', description: 'Looks it up', parameters: SCHEMA }] };
const TOOLS = { functionDeclarations: ['look_up', 'other', 'third'].map((name) => ({ name })) };
const CALL = { functionCall: { id: 'call_01', name: 'look_up', args: { word: 'needle-input' } } };

function say(...parts: JsonObject[]): JsonObject {
  return { contents: [{ role: 'user', parts }] };
}

function history(...parts: JsonObject[]): JsonObject {
  return {
    contents: [
      { role: 'user', parts: [{ text: 'Well?' }] },
      { role: 'model', parts },
      { role: 'user', parts: [{ text: 'Go on.' }] },
    ],
  };
}

function result(fields: JsonObject): JsonObject {
  return {
    tools: [TOOL],
    contents: [
      { role: 'user', parts: [{ text: 'Look.' }] },
      { role: 'model', parts: [CALL] },
      { role: 'user', parts: [{ functionResponse: { id: 'call_01', name: 'look_up', ...fields } }] },
    ],
  };
}

function config(generationConfig: JsonObject): JsonObject {
  return { generationConfig };
}

function calling(functionCallingConfig: JsonObject): JsonObject {
  return { toolConfig: { functionCallingConfig } };
}

function answer(parts: JsonObject[], fields: JsonObject = {}): JsonObject {
  return { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0, ...fields }] };
}

/** generateContent with one feature each. */
export const GEMINI_SAMPLES: ProtocolSamples = {
  request: { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
  requests: {
    system: { body: { system_instruction: { parts: [{ text: 'needle-system' }] } }, needle: 'needle-system' },
    text: { body: say({ text: 'needle-text' }), needle: 'needle-text' },
    'image-base64': { body: say(PNG), needle: 'iVBORw0KGgoPNG' },
    'image-url': {
      body: say({ fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a.png' } }),
      needle: 'https://example.com/a.png',
    },
    'document-base64': {
      body: say({ inline_data: { mime_type: 'application/pdf', data: 'JVBERi0PDF' } }),
      needle: 'JVBERi0PDF',
    },
    'document-text': {
      body: say({ inlineData: { mimeType: 'text/plain', data: 'bmVlZGxlLWRvY3VtZW50' } }),
      needle: 'needle-document',
    },
    'document-url': {
      body: say({ fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/a.pdf' } }),
      param: 'contents.0.parts.0.fileData',
      needle: 'https://example.com/a.pdf',
    },
    'file-id': {
      body: say({ fileData: { mimeType: 'image/png', fileUri: 'gs://bucket/a.png' } }),
      param: 'contents.0.parts.0.fileData',
    },
    audio: {
      body: say({ inlineData: { mimeType: 'audio/wav', data: 'UklGRgWAV' } }),
      param: 'contents.0.parts.0.inlineData',
      needle: 'UklGRgWAV',
    },
    video: {
      body: say({ inlineData: { mimeType: 'video/mp4', data: 'AAAA' } }),
      param: 'contents.0.parts.0.inlineData',
    },
    tools: { body: { tools: [TOOL] }, needle: 'Looks it up' },
    'web-search': {
      body: { tools: [{ google_search: {} }] },
      needle: { messages: 'web_search_20250305', chat: 'web_search_options', responses: 'web_search' },
    },
    'server-tool': { body: { tools: [{ codeExecution: {} }] }, param: 'tools.0.codeExecution' },
    'tool-choice': {
      body: { tools: [TOOL], ...calling({ mode: 'ANY' }) },
      needle: {
        messages: '"tool_choice":{"type":"any"}',
        chat: '"tool_choice":"required"',
        responses: '"tool_choice":"required"',
      },
    },
    'tool-choice-list': {
      body: { tools: [TOOLS], ...calling({ mode: 'ANY', allowedFunctionNames: ['look_up', 'other'] }) },
      needle: {
        messages: '"tool_choice":{"type":"any"}',
        chat: 'allowed_tools',
        responses: 'allowed_tools',
      },
    },
    'tool-call': { body: result({ response: { output: 'ok' } }), needle: 'needle-input' },
    'open-call': { body: { tools: [TOOL], ...history(CALL) }, needle: INTERRUPTED },
    'tool-result': { body: result({ response: { output: 'needle-result' } }), needle: 'needle-result' },
    'tool-result-image': {
      body: result({ response: { output: 'x' }, parts: [PNG] }),
      needle: 'iVBORw0KGgoPNG',
    },
    'tool-result-error': {
      body: result({ response: { error: 'no' } }),
      needle: { messages: '"is_error":true', chat: 'is_error', responses: 'is_error' },
    },
    'thinking-history': {
      body: history({ text: 'needle-thought', thought: true }, { text: 'So.' }),
      needle: 'needle-thought',
    },
    'server-tool-history': {
      body: history({ executableCode: { code: 'needle-code' } }, { text: 'So.' }),
      needle: 'needle-code',
    },
    'unknown-block': { body: say({ hologram: {} }), param: 'contents.0.parts.0' },
    reasoning: {
      upstreamModel: { chat: 'o3', responses: 'o3' },
      body: config({ thinkingConfig: { thinkingBudget: 10_000 }, maxOutputTokens: 20_000 }),
      needle: {
        messages: '"thinking":{"type":"enabled","budget_tokens":10000}',
        chat: '"reasoning_effort":"medium"',
        responses: '"effort":"medium"',
      },
    },
    'json-schema': {
      body: config({
        responseMimeType: 'application/json',
        responseSchema: { type: 'OBJECT', title: 'needle-schema' },
      }),
      needle: 'needle-schema',
    },
    'json-object': {
      body: config({ responseMimeType: 'application/json' }),
      needle: { messages: 'one JSON object', chat: 'json_object', responses: 'json_object' },
    },
    'max-tokens': {
      body: config({ max_output_tokens: 4321 }),
      needle: { messages: '"max_tokens":4321', chat: '4321', responses: '"max_output_tokens":4321' },
    },
    'stop-sequences': { body: config({ stopSequences: ['needle-stop'] }), needle: 'needle-stop' },
    temperature: { body: config({ temperature: 0.25 }), needle: '"temperature":0.25' },
    'top-p': { body: config({ topP: 0.75 }), needle: '"top_p":0.75' },
    'top-k': { body: config({ topK: 7 }), needle: '"top_k":7' },
    penalties: { body: config({ presencePenalty: 0.5 }), needle: '"presence_penalty":0.5' },
    seed: { body: config({ seed: 4711 }), needle: '4711' },
    candidates: { body: config({ candidateCount: 2 }), param: 'generationConfig.candidateCount' },
    logprobs: { body: config({ responseLogprobs: true }), needle: 'logprobs' },
    modalities: {
      body: config({ responseModalities: ['TEXT', 'IMAGE'] }),
      param: 'generationConfig.responseModalities',
    },
    metadata: { body: { labels: { a: 'needle-label' } }, needle: 'needle-label' },
    'cached-content': { body: { cachedContent: 'cachedContents/1' }, param: 'cachedContent' },
    'service-tier': { body: { serviceTier: 'flex' }, needle: 'flex' },
    safety: { body: { safetySettings: [{ threshold: 'needle-threshold' }] }, needle: 'needle-threshold' },
    'unknown-field': { body: { brandNew: 1 }, droppedAs: 'brandNew', needle: 'brandNew' },
  },
  answer: {
    ...answer([{ text: 'Hello' }]),
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 },
    responseId: 'r1',
  },
  answers: {
    'answer-text': { body: answer([{ text: 'needle-text' }]), needle: 'needle-text' },
    'answer-tool-call': { body: answer([CALL]), needle: 'needle-input' },
    'answer-thinking': {
      body: answer([{ text: 'needle-thought', thought: true }, { text: 'So.' }]),
      needle: 'needle-thought',
    },
    'answer-signature': {
      body: answer([{ text: 'So.', thoughtSignature: 'needle-signature' }]),
      needle: 'needle-signature',
    },
    'answer-refusal': {
      body: answer([], { finishReason: 'SAFETY' }),
      needle: {
        messages: '"stop_reason":"refusal"',
        chat: '"finish_reason":"content_filter"',
        responses: '"reason":"content_filter"',
      },
    },
    'answer-stop-reason': {
      body: answer([{ text: 'Hel' }], { finishReason: 'MAX_TOKENS' }),
      needle: {
        messages: '"stop_reason":"max_tokens"',
        chat: '"finish_reason":"length"',
        responses: '"max_output_tokens"',
      },
    },
    'answer-usage': {
      body: { usageMetadata: { promptTokenCount: 1001, candidatesTokenCount: 2002, totalTokenCount: 3003 } },
      needle: {
        messages: '"input_tokens":1001',
        chat: '"prompt_tokens":1001',
        responses: '"input_tokens":1001',
      },
    },
    'answer-citations': {
      body: answer([{ text: 'So.' }], { groundingMetadata: { webSearchQueries: ['needle-query'] } }),
      needle: 'needle-query',
    },
    'answer-server-tools': {
      body: answer([{ executableCode: { code: 'needle-code' } }, { text: 'So.' }]),
      needle: 'needle-code',
    },
    'answer-media': {
      body: answer([{ inlineData: { mimeType: 'image/png', data: 'needle-image' } }, { text: 'So.' }]),
      needle: 'needle-image',
    },
    'answer-logprobs': {
      body: answer([{ text: 'So.' }], { logprobsResult: { chosen: 'needle-prob' } }),
      needle: 'needle-prob',
    },
    'answer-unknown': { body: answer([{ hologram: 'needle-holo' }, { text: 'So.' }]), needle: 'needle-holo' },
  },
};

import type { FeatureRule } from './policy-row.ts';

const ALL = ['messages', 'chat', 'responses', 'gemini'] as const;
const OPENAI = ['chat', 'responses'] as const;

/** What of a request goes where. The keys are what `x-tollgate-dropped` names. */
export const REQUEST_FEATURES = {
  system: { from: ALL, to: { else: 'kept' }, note: 'several texts become one, with a blank line between' },
  'billing-header': {
    from: ['messages'],
    to: { else: 'dropped' },
    note: 'the `x-anthropic-billing-header` text of Claude Code changes with each prompt and would break caches',
  },
  'mid-conversation-system': {
    from: ['messages', 'chat', 'responses'],
    to: { chat: 'kept', responses: 'kept', else: 'translated' },
    note: 'in place, never hoisted; where the target has no such role: a user text in `<system-reminder>`',
  },
  text: { from: ALL, to: { else: 'kept' }, note: 'empty texts are left out where the target refuses them' },
  'image-base64': { from: ALL, to: { else: 'kept' }, note: '' },
  'image-url': {
    from: ALL,
    to: { gemini: 'refused', else: 'kept' },
    note: 'Gemini fetches no foreign addresses; send the bytes',
  },
  'image-detail': {
    from: OPENAI,
    to: { chat: 'kept', responses: 'kept', else: 'dropped' },
    note: '',
  },
  'document-base64': { from: ALL, to: { else: 'kept' }, note: 'OpenAI wants a file name: one is made' },
  'document-text': {
    from: ALL,
    to: { messages: 'kept', else: 'translated' },
    note: 'elsewhere a text with its title',
  },
  'document-url': {
    from: ['messages', 'responses', 'gemini'],
    to: { messages: 'kept', responses: 'kept', else: 'refused' },
    note: 'the target takes bytes only',
  },
  'search-result': {
    from: ['messages'],
    to: { else: 'translated' },
    note: 'what the client has found for the model: a text with its title and its source',
  },
  'document-citations': { from: ['messages'], to: { else: 'dropped' }, note: 'Anthropic alone cites' },
  'file-id': {
    from: ALL,
    to: { else: 'refused' },
    note: 'a file uploaded to one provider is unknown to another; send the bytes',
  },
  audio: {
    from: ['chat', 'gemini'],
    to: { chat: 'kept', gemini: 'kept', else: 'refused' },
    note: 'no input of sound in the target',
  },
  video: { from: ['gemini'], to: { else: 'refused' }, note: 'Gemini alone sees video' },
  tools: { from: ALL, to: { else: 'kept' }, note: 'Gemini gets schemas cleaned of what it refuses' },
  'tool-strict': {
    from: ['messages', 'chat', 'responses'],
    to: { chat: 'kept', responses: 'kept', else: 'dropped' },
    note: 'strict schemas have other rules at each provider; dropped where OpenAI would refuse the schema for it',
  },
  'custom-tool': {
    from: ['responses'],
    to: { else: 'translated' },
    note: 'a tool with free text becomes one with a field `input`; its grammar goes into the description',
  },
  'chat-custom-tool': {
    from: ['chat'],
    to: { else: 'refused' },
    note: '`type: custom`: use a function, or the Responses API',
  },
  'web-search': {
    from: ALL,
    to: { else: 'translated' },
    note: "the provider's own search; its options are left out",
  },
  'server-tool': {
    from: ALL,
    to: { else: 'refused' },
    note: 'tools that run at the provider, but for web search',
  },
  'tool-search': {
    from: ['messages', 'responses'],
    to: { else: 'dropped' },
    note: 'the search for tools; tools that wait to be found are there from the beginning',
  },
  'tool-choice': { from: ALL, to: { else: 'kept' }, note: '' },
  'tool-choice-list': {
    from: ['chat', 'responses', 'gemini'],
    to: { messages: 'translated', else: 'kept' },
    note: 'a choice among several named tools; Anthropic gets only those tools',
  },
  'parallel-calls': {
    from: ['messages', 'chat', 'responses'],
    to: { gemini: 'dropped', else: 'kept' },
    note: 'Gemini cannot be told to call one tool at a time',
  },
  'tool-call': { from: ALL, to: { else: 'kept' }, note: 'ids stay; arguments that are no JSON are wrapped' },
  'open-call': {
    from: ALL,
    to: { else: 'translated' },
    note: 'a call in the history that was never answered, which every vendor refuses: it gets a result that says so',
  },
  'tool-result': { from: ALL, to: { else: 'kept' }, note: 'text; a result without its call is refused' },
  'tool-result-image': {
    from: ['messages', 'responses', 'gemini'],
    to: { chat: 'translated', else: 'kept' },
    note: 'Chat Completions has text results only: the image follows in a user message',
  },
  'tool-result-error': {
    from: ['messages', 'gemini'],
    to: { messages: 'kept', gemini: 'kept', else: 'dropped' },
    note: 'OpenAI has no such mark; the text of the result says it',
  },
  'thinking-history': {
    from: ALL,
    to: { else: 'dropped' },
    note: 'signed or encrypted where it was made, and refused elsewhere (SEL-7)',
  },
  'server-tool-history': {
    from: ['messages', 'responses', 'gemini'],
    to: { else: 'dropped' },
    note: 'what a tool at the provider did; the text that followed says what it found',
  },
  refusal: { from: OPENAI, to: { else: 'translated' }, note: 'a refusal in the history becomes text' },
  'unknown-block': {
    from: ALL,
    to: { else: 'refused' },
    note: 'a kind of content that this version does not know',
  },
  reasoning: {
    from: ALL,
    to: { else: 'translated' },
    note: 'effort and budget, folded to what the model takes',
  },
  'json-schema': { from: ALL, to: { else: 'kept' }, note: '' },
  'json-object': {
    from: ['chat', 'responses', 'gemini'],
    to: { messages: 'translated', else: 'kept' },
    note: 'Anthropic has no such switch: an instruction in the system text; OpenAI wants the word JSON: said where it is missing',
  },
  'max-tokens': {
    from: ALL,
    to: { else: 'kept' },
    note: 'never above the limit of the model where it is known; Anthropic always gets one',
  },
  'stop-sequences': {
    from: ['messages', 'chat', 'gemini'],
    to: { responses: 'dropped', else: 'kept' },
    note: 'Responses has none; OpenAI takes 4, Gemini 5: what is more is dropped',
  },
  temperature: { from: ALL, to: { else: 'kept' }, note: 'Anthropic: at most 1, and none with thinking' },
  'top-p': { from: ALL, to: { else: 'kept' }, note: 'Anthropic: only without temperature and thinking' },
  'top-k': {
    from: ['messages', 'gemini'],
    to: { messages: 'kept', gemini: 'kept', else: 'dropped' },
    note: 'OpenAI has none',
  },
  penalties: {
    from: ['chat', 'gemini'],
    to: { chat: 'kept', gemini: 'kept', else: 'dropped' },
    note: 'presence and frequency',
  },
  seed: {
    from: ['chat', 'gemini'],
    to: { chat: 'kept', gemini: 'kept', else: 'dropped' },
    note: '',
  },
  candidates: {
    from: ['chat', 'gemini'],
    to: { else: 'refused' },
    note: 'more than one answer to a request',
  },
  logprobs: { from: ['chat', 'responses', 'gemini'], to: { else: 'dropped' }, note: '' },
  verbosity: {
    from: OPENAI,
    to: { chat: 'kept', responses: 'kept', else: 'dropped' },
    note: '',
  },
  modalities: {
    from: ['chat', 'gemini'],
    to: { else: 'refused' },
    note: 'answers in sound or images',
  },
  'user-id': {
    from: ['messages', 'chat', 'responses'],
    to: { else: 'dropped' },
    note: "no vendor is told another vendor's user ids",
  },
  metadata: {
    from: ['chat', 'responses', 'gemini'],
    to: { else: 'dropped' },
    note: 'labels for the own records of a provider',
  },
  'cache-marks': { from: ['messages'], to: { else: 'dropped' }, note: 'other providers cache by themselves' },
  'cache-key': {
    from: OPENAI,
    to: { chat: 'kept', responses: 'kept', else: 'dropped' },
    note: '',
  },
  'cached-content': { from: ['gemini'], to: { else: 'refused' }, note: 'text that lies at Google' },
  'service-tier': { from: ALL, to: { else: 'dropped' }, note: 'tiers and speeds differ by provider' },
  'stored-state': {
    from: ['messages', 'responses'],
    to: { else: 'refused' },
    note: 'conversations, containers and servers that are known to one provider only',
  },
  'context-management': { from: ['messages', 'responses'], to: { else: 'dropped' }, note: '' },
  safety: { from: ['gemini'], to: { else: 'dropped' }, note: "Google's safety settings" },
  'legacy-functions': {
    from: ['chat'],
    to: { else: 'refused' },
    note: '`functions` and `function_call`: use `tools` and `tool_choice`',
  },
  'unknown-field': {
    from: ALL,
    to: { else: 'dropped' },
    note: 'a field that this version does not know, by its name',
  },
} as const satisfies Record<string, FeatureRule>;

export type RequestFeature = keyof typeof REQUEST_FEATURES;

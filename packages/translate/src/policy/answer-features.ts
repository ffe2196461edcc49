import type { FeatureRule } from './policy-row.ts';

const ALL = ['messages', 'chat', 'responses', 'gemini'] as const;

/** What of an answer goes where; `from` = what the upstream speaks. Nothing of an answer is ever refused. */
export const ANSWER_FEATURES = {
  'answer-text': { from: ALL, to: { else: 'kept' }, note: '' },
  'answer-tool-call': {
    from: ALL,
    to: { else: 'kept' },
    note: 'ids stay; Gemini often gives none: they are made',
  },
  'answer-thinking': {
    from: ALL,
    to: { else: 'translated' },
    note: 'Messages: a thinking block; Chat: `reasoning_content`; Responses: a summary; Gemini: a thought',
  },
  'answer-signature': {
    from: ALL,
    to: { else: 'dropped' },
    note: 'worth nothing where it was not made (SEL-7)',
  },
  'answer-refusal': {
    from: ALL,
    to: { else: 'translated' },
    note: 'and its stop reason never reads as a normal end',
  },
  'answer-stop-reason': { from: ALL, to: { else: 'translated' }, note: '' },
  'answer-stop-sequence': {
    from: ['messages'],
    to: { else: 'dropped' },
    note: 'which of the sequences it was',
  },
  'answer-usage': { from: ALL, to: { else: 'translated' }, note: 'all classes of tokens' },
  'answer-citations': { from: ALL, to: { else: 'dropped' }, note: 'sources stay in the text only' },
  'answer-server-tools': {
    from: ['messages', 'responses', 'gemini'],
    to: { else: 'dropped' },
    note: 'what a tool at the provider did; the text says what it found',
  },
  'answer-media': {
    from: ['chat', 'responses', 'gemini'],
    to: { else: 'dropped' },
    note: 'images and sound that the model made',
  },
  'answer-logprobs': { from: ['chat', 'responses', 'gemini'], to: { else: 'dropped' }, note: '' },
  'answer-unknown': {
    from: ALL,
    to: { else: 'dropped' },
    note: 'a kind of output that this version does not know',
  },
} as const satisfies Record<string, FeatureRule>;

export type AnswerFeature = keyof typeof ANSWER_FEATURES;

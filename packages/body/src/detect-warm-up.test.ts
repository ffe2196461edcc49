import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { WarmUpKind } from './detect-warm-up.ts';
import { scanMessagesBody } from './scan-messages-body.ts';

const TITLE = 'Please write a 5-10 word title for the following conversation:\n\nUser: hi\n\nClaude: Hello!';
const TITLE_SYSTEM =
  'Generate a concise, sentence-case title (3-7 words) that captures the main topic or goal of this coding session. ' +
  'The title should be clear enough that the user recognizes the session in a list.\n\nReturn JSON with a single "title" field.';
const TOPIC_SYSTEM =
  'Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title that captures ' +
  "the new topic. Format your response as a JSON object with two fields: 'isNewTopic' (boolean) and 'title'.";
const IDENTITY = "You are Claude Code, Anthropic's official CLI for Claude.";
const BILLING = 'x-anthropic-billing-header: cc_version=2.1.161.ddb; cc_entrypoint=cli;';
const REMINDER = '<system-reminder>\nAs you answer, mind the user\'s "Warmup" notes.\n</system-reminder>';
const TOOL = { name: 'write_title', description: 'Warmup title', input_schema: { type: 'object' } };

const text = (words: string, more: object = {}): object => ({ type: 'text', text: words, ...more });
const user = (content: unknown): object => ({ role: 'user', content });
const assistant = (content: unknown): object => ({ role: 'assistant', content });

function detect(fields: Record<string, unknown>, space?: number): WarmUpKind | null {
  const result = scanMessagesBody(Buffer.from(JSON.stringify({ model: 'm', ...fields }, null, space)));
  if (!result.ok) throw new Error(result.message);
  return result.warmUp;
}

const marked = { cache_control: { type: 'ephemeral' } };
const schema = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] };
const jsonFormat = { format: { type: 'json_schema', schema } };

const housekeeping: [string, WarmUpKind, Record<string, unknown>][] = [
  ['Warmup as a string', 'warm-up', { messages: [user('Warmup')] }],
  ['Warmup as a block', 'warm-up', { messages: [user([text('Warmup')])] }],
  [
    '2.0: Warmup of a sub-agent',
    'warm-up',
    { messages: [user([text(REMINDER), text('Warmup', marked)])], tools: [], system: [text(IDENTITY)] },
  ],
  ['Warmup with tools', 'warm-up', { tools: [TOOL], messages: [user([text(REMINDER), text('Warmup')])] }],
  [
    'keys in another order',
    'warm-up',
    { messages: [{ content: [{ text: 'Warmup', type: 'text' }], role: 'user' }] },
  ],
  ['tools null', 'title', { tools: null, messages: [user(TITLE)] }],
  ['1.0: title as a string', 'title', { max_tokens: 512, messages: [user(TITLE)] }],
  ['title as a block', 'title', { tools: [], messages: [user([text(TITLE)])] }],
  [
    '2.1: title by JSON schema',
    'title',
    {
      messages: [user([text('<session>\nDebug it\n</session>')])],
      system: [text(BILLING), text(IDENTITY), text(TITLE_SYSTEM)],
      tools: [],
      thinking: { type: 'disabled' },
      output_config: jsonFormat,
    },
  ],
  [
    '2.1: title with a system message',
    'title',
    { messages: [user('x'), { role: 'system', content: 'Be short.' }], system: TITLE_SYSTEM, tools: [] },
  ],
  [
    '1.0: topic check',
    'topic',
    { messages: [user('Warm up the engine')], system: [text(IDENTITY), text(TOPIC_SYSTEM)] },
  ],
  [
    '2.0: topic check with a prefill',
    'topic',
    { messages: [user([text('hi')]), assistant('{')], system: [text(TOPIC_SYSTEM)], tools: [] },
  ],
  ['topic check, system as a string', 'topic', { messages: [user('hi')], system: TOPIC_SYSTEM }],
];

const work: [string, Record<string, unknown>][] = [
  ['a longer text', { messages: [user('Warmup exercises, please')] }],
  ['other letters', { messages: [user('warmup')] }],
  ['white space around', { messages: [user(' Warmup\n')] }],
  ['a second text of the user', { messages: [user([text('Read this.'), text('Warmup')])] }],
  ['a picture beside it', { messages: [user([{ type: 'image', source: {} }, text('Warmup')])] }],
  ['a tool result', { messages: [user([{ type: 'tool_result', tool_use_id: 't', content: 'Warmup' }])] }],
  ['a text inside a tool result', { messages: [user([{ type: 'tool_result', content: [text('Warmup')] }])] }],
  ['a block of another type', { messages: [user([{ type: 'document', text: 'Warmup' }])] }],
  ['bare words in the content', { messages: [user(['Warmup'])] }],
  ['said by the assistant', { messages: [user('Say it.'), assistant('Warmup')] }],
  ['only an assistant', { messages: [assistant('Warmup')] }],
  ['a later turn', { messages: [user('hi'), assistant('Hello!'), user('Warmup')] }],
  ['an earlier turn', { messages: [user('Warmup'), assistant('New Conversation'), user('Now the work')] }],
  ['a real prefill', { messages: [user('Warmup'), assistant('Sure, ')] }],
  ['two messages of the user', { messages: [user('Warmup'), user('Warmup')] }],
  ['many turns', { messages: Array.from({ length: 40 }, () => user('Warmup')) }],
  ['in the system text', { messages: [user('hi')], system: 'Warmup' }],
  ['a title asked for with tools', { tools: [TOOL], messages: [user(TITLE)] }],
  ['a title instruction with tools', { tools: [TOOL], messages: [user('hi')], system: TITLE_SYSTEM }],
  ['a topic check with tools', { tools: [TOOL], messages: [user('hi')], system: [text(TOPIC_SYSTEM)] }],
  ['tools of a wrong type', { tools: {}, messages: [user(TITLE)] }],
  ['the request quoted', { messages: [user(`What does "${TITLE}" do?`)] }],
  ['the request in a later text', { messages: [user([text('Explain:'), text(TITLE)])] }],
  ['another title', { messages: [user('Please write a 5-10 word title for my novel')] }],
  [
    'a like instruction',
    { messages: [user('x')], system: 'Generate a concise, sentence-case title for this post.' },
  ],
  ['the instruction quoted', { messages: [user('x')], system: `Never do this: ${TOPIC_SYSTEM}` }],
  ['the instruction from the user', { messages: [user(TOPIC_SYSTEM)] }],
  ['a title over several turns', { messages: [user('a'), assistant('b'), user(TITLE)] }],
  ['a tool that calls something title', { tools: [TOOL], messages: [user('What tools have you?')] }],
  ['no messages', { messages: [] }],
  ['no object as a message', { messages: ['Warmup'] }],
  ['nothing in the message', { messages: [{}] }],
  ['no text', { messages: [user([])] }],
  ['a number as the content', { messages: [user(7)], system: 7, note: 'Warmup title' }],
  ['a number as the text', { messages: [user([{ type: 'text', text: 5 }, text('Warmup')])] }],
];

describe('[WARM-1] detectWarmUp', () => {
  it.each(housekeeping)('%s → %s', (_, kind, fields) => {
    expect(detect(fields)).toBe(kind);
    expect(detect(fields, 2)).toBe(kind);
  });

  it.each(work)('goes to the upstream: %s', (_, fields) => {
    expect(detect(fields)).toBeNull();
    expect(detect(fields, 2)).toBeNull();
  });

  it('of repeated keys the last one counts', () => {
    const first = '"messages":[{"role":"user","content":"Warmup"}]';
    const last = '"messages":[{"role":"user","content":"Warmup","content":"work"}]';
    expect(scanMessagesBody(Buffer.from(`{"model":"m",${last},${first}}`))).toMatchObject({
      warmUp: 'warm-up',
    });
    expect(scanMessagesBody(Buffer.from(`{"model":"m",${first},${last}}`))).toMatchObject({ warmUp: null });
  });

  it('a large system text and large tools do not hide it; a large prompt is no housekeeping', () => {
    const large = 'The title of it. '.repeat(20_000);
    const tools = [{ ...TOOL, description: large }];
    expect(detect({ system: large, tools, messages: [user('Warmup')] })).toBe('warm-up');
    const prompt = [text(`<system-reminder>${large}`), text('Warmup')];
    expect(detect({ messages: [user(prompt)] })).toBeNull();
  });

  const fixtures = new URL('../fixtures/recordings/', import.meta.url);
  it.each(readdirSync(fixtures))('the real request %s goes to the upstream', (name) => {
    expect(scanMessagesBody(readFileSync(new URL(name, fixtures)))).toMatchObject({ warmUp: null });
  });
});

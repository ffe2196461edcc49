import { hash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanMessagesBody } from './scan-messages-body.ts';
import { selectSessionId } from './select-session-id.ts';

/**
 * The scan against what JSON.parse makes of the same bytes: members in any order, repeated, with odd types,
 * strings in any spelling of JSON.stringify, and white space anywhere.
 */

type Parsed = Record<string, unknown>;

const UUID = 'b3e0c1aa-1111-4222-8333-44445555666f';
const TITLE = 'Please write a 5-10 word title for the following conversation: x';
const TOPIC =
  'Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title';
const word = fc.oneof(
  fc.constantFrom(
    'Warmup',
    TITLE,
    TOPIC,
    '<system-reminder>',
    '{',
    '',
    'hi',
    'x-anthropic-billing-header: 1',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const odd = fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });

/** Members as pairs, so that names can repeat; written by `write` below. */
interface Members {
  members: [string, unknown][];
}
function membersOf(fields: Record<string, fc.Arbitrary<unknown>>, maxLength: number): fc.Arbitrary<Members> {
  const all = Object.entries(fields).map(([name, value]) => fc.tuple(fc.constant(name), value));
  return fc.array(fc.oneof(...all), { maxLength }).map((members) => ({ members }));
}

const cacheControl = fc.oneof(
  membersOf({ type: fc.constantFrom('ephemeral', 'other', 7), ttl: word }, 3),
  fc.constantFrom(null, 'ephemeral'),
);
const block = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(odd, fc.boolean()).map(([text, isMarked]) => buildBlock(text, isMarked)) },
  {
    weight: 2,
    arbitrary: membersOf(
      { type: fc.constantFrom('text', 'image', null), text: odd, cache_control: cacheControl, x: odd },
      6,
    ),
  },
  { weight: 1, arbitrary: odd },
);
const content = fc.oneof(odd, fc.array(block, { maxLength: 4 }));
const role = fc.constantFrom('user', 'user', 'assistant', 'system', 'tool', 7);
const message = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(role, content).map(([who, what]) => buildMessage(who, what)) },
  { weight: 2, arbitrary: membersOf({ role, content, x: odd }, 5) },
  { weight: 1, arbitrary: odd },
);
const userId = fc.oneof(
  odd,
  fc.constantFrom(
    `user_d_account__session_${UUID}`,
    `{"session_id":"${UUID}"}`,
    '{"session_id":7}',
    `_session_${UUID} `,
  ),
);
const body = membersOf(
  {
    messages: fc.array(message, { maxLength: 4 }),
    system: content,
    tools: fc.oneof(fc.constantFrom([], null, {}), fc.array(odd, { maxLength: 2 })),
    metadata: fc.oneof(odd, membersOf({ user_id: userId, x: odd }, 3)),
    prompt_cache_key: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: odd }),
    other: odd,
  },
  8,
);

function buildBlock(text: unknown, isMarked: boolean): Members {
  const mark: [string, unknown][] = isMarked ? [['cache_control', { members: [['type', 'ephemeral']] }]] : [];
  return { members: [...mark, ['type', 'text'], ['text', text]] };
}
function buildMessage(who: unknown, what: unknown): Members {
  return {
    members: [
      ['role', who],
      ['content', what],
    ],
  };
}
function isMembers(value: unknown): value is Members {
  return isObject(value) && Object.keys(value).length === 1 && Array.isArray(value['members']);
}
function isObject(value: unknown): value is Parsed {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function write(value: unknown, gap: string): string {
  if (Array.isArray(value)) return `[${gap}${value.map((item) => write(item, gap)).join(`${gap},`)}${gap}]`;
  if (!isMembers(value)) return JSON.stringify(value);
  const members = value.members.map(
    ([name, inner]) => `${JSON.stringify(name)}${gap}:${gap}${write(inner, gap)}`,
  );
  return `{${gap}${members.join(`${gap},${gap}`)}${gap}}`;
}

/** Anything, and (as chance alone seldom makes one) what is nearly or wholly a warm-up. */
const known = fc.constantFrom('Warmup', TITLE, TOPIC, '<system-reminder>', 'hi');
const knownContent = fc.oneof(
  known,
  fc.array(
    known.map((text) => buildBlock(text, false)),
    { maxLength: 2 },
  ),
);
const nearWarmUp = fc
  .tuple(
    knownContent,
    fc.array(message, { maxLength: 1 }),
    knownContent,
    fc.constantFrom([], [], null, [{}]),
    fc.boolean(),
  )
  .map(([words, others, system, tools, isPrefilled]) => {
    const last = isPrefilled ? [buildMessage('assistant', '{')] : others;
    return [
      ['messages', [buildMessage('user', words), ...last]],
      ['system', system],
      ['tools', tools],
    ] satisfies Members['members'];
  });
const anything = fc
  .tuple(body, fc.array(message, { minLength: 1, maxLength: 3 }))
  .map(([{ members }, messages]) => members.toSpliced(0, 0, ['messages', messages]));
const request = fc
  .tuple(fc.oneof(anything, nearWarmUp), fc.constantFrom('', ' ', '\n  '))
  .map(([members, gap]) => write({ members: [['model', 'm'], ...members] }, gap));

// ---- the same rules over parsed values -----------------------------------------------------------------------------

interface Text {
  text: string;
  isMarked: boolean;
}

function readBlock(value: unknown): Text | null {
  if (!isObject(value) || value['type'] !== 'text' || typeof value['text'] !== 'string') return null;
  const mark = value['cache_control'];
  return { text: value['text'], isMarked: isObject(mark) && mark['type'] === 'ephemeral' };
}
function readTexts(value: unknown): { texts: Text[]; isTextOnly: boolean } {
  if (typeof value === 'string') return { texts: [{ text: value, isMarked: false }], isTextOnly: true };
  if (!Array.isArray(value)) return { texts: [], isTextOnly: false };
  const blocks = value.map(readBlock);
  return { texts: blocks.filter((found) => found !== null), isTextOnly: !blocks.includes(null) };
}

function expectSession(parsed: Parsed): string | null {
  const user = expectUser(isObject(parsed['metadata']) ? parsed['metadata']['user_id'] : null);
  const key = parsed['prompt_cache_key'];
  if (user !== null) return user;
  if (typeof key === 'string' && key !== '') return expectId(key);
  const lasting = ({ text }: Text): boolean => text !== '' && !text.startsWith('x-anthropic-billing-header:');
  const system = readTexts(parsed['system']).texts.filter(lasting);
  const first = (parsed['messages'] as unknown[]).find((each) => isObject(each) && each['role'] === 'user');
  const prompt = isObject(first) ? readTexts(first['content']).texts.filter(lasting) : [];
  const isMarked = ({ isMarked: mark }: Text): boolean => mark;
  const candidates = [system.filter(isMarked), prompt.filter(isMarked), system, prompt];
  const texts = candidates.find(({ length }) => length > 0);
  if (texts === undefined) return null;
  const raw = texts.map(({ text }) => JSON.stringify(text).slice(1, -1)).join('\0');
  return `text-sha256:${hash('sha256', raw, 'hex')}`;
}
function expectId(id: string): string {
  if (/^[\w.-]{1,64}$/.test(id)) return `id:${id}`;
  return `id-sha256:${hash('sha256', JSON.stringify(id).slice(1, -1), 'hex')}`;
}
function expectUser(id: unknown): string | null {
  if (typeof id !== 'string') return null;
  return id.endsWith(`_session_${UUID}`) || id === `{"session_id":"${UUID}"}` ? `id:${UUID}` : null;
}

function expectWarmUp(parsed: Parsed): string | null {
  const messages = parsed['messages'] as unknown[];
  const [first, ...others] = messages;
  if (messages.length > 3 || !isObject(first) || first['role'] !== 'user') return null;
  const { texts, isTextOnly } = readTexts(first['content']);
  if (!isTextOnly || !others.every(isSilent)) return null;
  const words = texts.map(({ text }) => text).filter((text) => !text.startsWith('<system-reminder>'));
  if (words.length === 1 && words[0] === 'Warmup') return 'warm-up';
  const tools = parsed['tools'] ?? [];
  if (!Array.isArray(tools) || tools.length > 0) return null;
  if (words[0] === TITLE) return 'title';
  return readTexts(parsed['system']).texts.some(({ text }) => text === TOPIC) ? 'topic' : null;
}
function isSilent(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (value['role'] === 'system') return true;
  const { texts, isTextOnly } = readTexts(value['content']);
  return value['role'] === 'assistant' && isTextOnly && texts.length === 1 && texts[0]?.text === '{';
}

describe('the scan of texts against JSON.parse', () => {
  it('[SESS-1][WARM-1] finds the same session and the same warm-up', () => {
    const seen: Record<string, number> = {};
    fc.assert(
      fc.property(request, (json) => {
        const parsed = JSON.parse(json) as Parsed;
        const scan = scanMessagesBody(Buffer.from(json));
        if (!scan.ok) throw new Error(scan.message);
        const session = selectSessionId(scan.session, { header: () => '' });
        expect(session).toBe(expectSession(parsed));
        expect(scan.warmUp).toBe(expectWarmUp(parsed));
        for (const kind of [scan.warmUp ?? 'work', session?.split(':')[0] ?? 'none']) {
          seen[kind] = (seen[kind] ?? 0) + 1;
        }
      }),
      { numRuns: 4000 },
    );
    const kinds = ['warm-up', 'title', 'topic', 'work', 'id', 'id-sha256', 'text-sha256', 'none'];
    expect(Object.keys(seen).toSorted()).toEqual(kinds.toSorted());
  });

  it('[LIM-2] counts just the long strings of base64 where files stand', () => {
    const places: ((data: string) => { source: object; isFile: boolean })[] = [
      (data) => ({ source: { media_type: 'image/png', data }, isFile: true }),
      (data) => ({ source: { data, type: 'base64', mime_type: 'image/png' }, isFile: true }),
      (data) => ({ source: { data }, isFile: false }),
      (data) => ({ source: { media_type: 'image/png', text: data }, isFile: false }),
    ];
    const file = fc.tuple(
      fc.integer({ min: 0, max: 150_000 }),
      fc.constantFrom('ab c', 'QUJD'),
      fc.constantFrom(...places),
    );
    fc.assert(
      fc.property(fc.array(file, { maxLength: 4 }), fc.boolean(), (files, isLate) => {
        const blobs = files.map(([bytes, unit, place]) => ({ unit, bytes: bytes & ~3, place }));
        const placed = blobs.map(({ unit, bytes, place }) => place(unit.repeat(bytes >> 2)));
        const messages = [{ role: 'user', content: placed.map(({ source }) => ({ source })) }];
        const json = JSON.stringify(isLate ? { model: 'm', messages } : { messages, model: 'm' });
        const lengths = blobs
          .filter(({ unit, bytes }, index) => placed[index]?.isFile && bytes >= 2048 && unit === 'QUJD')
          .map(({ bytes }) => bytes);
        const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0);
        expect(scanMessagesBody(Buffer.from(json))).toMatchObject({
          binaryBytes: sum(lengths),
          binaryBytesCapped: sum(lengths.map((length) => Math.min(length, 65_536))),
        });
      }),
      { numRuns: 200 },
    );
  });

  it('never throws, whatever stands in the fields', () => {
    const value = fc.json();
    fc.assert(
      fc.property(value, value, value, value, value, (system, inner, tools, metadata, key) => {
        const json = `{"model":"m","system":${system},"messages":[${inner},{"role":"user","content":${inner}}],"tools":${tools},"metadata":${metadata},"prompt_cache_key":${key}}`;
        const scan = scanMessagesBody(Buffer.from(json));
        if (!scan.ok) throw new Error(scan.message);
        const token = selectSessionId(scan.session, { header: () => '' });
        expect(token ?? 'id:x').toMatch(/^(?:id:[\w.-]{1,64}|(?:id|text)-sha256:[0-9a-f]{64})$/);
      }),
      { numRuns: 1000 },
    );
  });
});

import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { scanMessagesBody } from './scan-messages-body.ts';
import { selectSessionId } from './select-session-id.ts';

const UUID = 'b3e0c1aa-1111-4222-8333-44445555666f';
const OTHER = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';
const DEVICE = 'd'.repeat(64);
const marked = { cache_control: { type: 'ephemeral' } };

const text = (words: string, more: object = {}): object => ({ type: 'text', text: words, ...more });
const user = (content: unknown): object => ({ role: 'user', content });
const hashed = (words: string): string =>
  `text-sha256:${hash('sha256', JSON.stringify(words).slice(1, -1), 'hex')}`;

function select(fields: object, headers: Record<string, string> = {}): string | null {
  const scan = scanMessagesBody(Buffer.from(JSON.stringify({ model: 'm', messages: [], ...fields })));
  if (!scan.ok) throw new Error(scan.message);
  return selectSessionId(scan.session, { header: (name) => headers[name] ?? '' });
}

const withUserId = (id: unknown): { metadata: object } => ({ metadata: { user_id: id } });
/** All sources at once: what a source is taken from tells which one came first. */
const everything = {
  ...withUserId(`user_${DEVICE}_account__session_${UUID}`),
  prompt_cache_key: 'cache-key',
  system: [text('unmarked'), text('marked', marked)],
  messages: [user('first')],
};

describe('[SESS-1] selectSessionId', () => {
  it('takes the first that exists', () => {
    const headers = {
      session_id: 'h1',
      'x-session-id': 'h2',
      'x-claude-code-session-id': 'h3',
      'session-id': 'h4',
    };
    expect(select(everything, headers)).toBe(`id:${UUID}`);
    const { metadata: _, ...noUser } = everything;
    expect(select(noUser, headers)).toBe('id:h1');
    expect(select(noUser, { ...headers, session_id: '' })).toBe('id:h2');
    expect(select(noUser, { 'x-claude-code-session-id': 'h3', 'session-id': 'h4' })).toBe('id:h3');
    expect(select(noUser, { 'session-id': 'h4' })).toBe('id:h4');
    expect(select(noUser)).toBe('id:cache-key');
    const { prompt_cache_key: __, ...noKey } = noUser;
    expect(select(noKey)).toBe(hashed('marked'));
    expect(select({ ...noKey, system: 'all of it' })).toBe(hashed('all of it'));
    expect(select({ messages: noKey.messages })).toBe(hashed('first'));
    expect(select({})).toBeNull();
  });

  it.each([
    `user_${DEVICE}_account__session_${UUID}`,
    `user_${DEVICE}_account_${OTHER}_session_${UUID}`,
    `user_${DEVICE}_account__session_${UUID.toUpperCase()}`,
    JSON.stringify({ device_id: DEVICE, account_uuid: '', session_id: UUID }),
    JSON.stringify({ session_id: UUID, device_id: DEVICE, account_uuid: OTHER }, null, 1),
  ])('finds the uuid in user_id %s', (id) => {
    expect(select(withUserId(id))).toBe(`id:${UUID}`);
  });

  it('the same uuid in the body and in a header is the same session', () => {
    expect(select({}, { 'x-claude-code-session-id': UUID })).toBe(select(everything));
  });

  it.each([
    ['no session in it', 'user-7'],
    ['no uuid', `user_${DEVICE}_account__session_1`],
    ['text behind the uuid', `user_${DEVICE}_account__session_${UUID}x`],
    ['a bare uuid', UUID],
    ['JSON without it', '{"device_id":"d"}'],
    ['JSON with null', '{"session_id":null}'],
    ['JSON with an object', '{"session_id":{}}'],
    ['JSON with nothing', '{"session_id":""}'],
    ['broken JSON', '{"session_id":'],
    ['an array', '["session_id"]'],
    ['nothing', ''],
    ['a number', 7],
    ['null', null],
    ['an object', { session_id: UUID }],
    ['a huge one', `${'x'.repeat(10_000)}_session_${UUID}`],
  ])('user_id with %s: the next source counts', (_, id) => {
    expect(select({ ...withUserId(id), prompt_cache_key: 'next' })).toBe('id:next');
  });

  it.each(['a string', 7, null, [], true])('metadata %j: the next source counts', (metadata) => {
    expect(select({ metadata, prompt_cache_key: 'next' })).toBe('id:next');
  });

  it.each([7, null, [], {}, true, ''])('prompt_cache_key %j: the next source counts', (key) => {
    expect(select({ prompt_cache_key: key, messages: [user('hi')] })).toBe(hashed('hi'));
  });

  const strange = [
    'x'.repeat(10_000),
    'a\r\nb: c',
    'a\0b',
    'a\u007fb',
    '\ud800',
    'a b',
    '{u:1}',
    'id:b3',
    'é',
    'x'.repeat(65),
    '../../x',
  ];
  it.each(strange)('never passes %.20j on as it is', (id) => {
    const sources = [
      select(withUserId(JSON.stringify({ session_id: id.slice(0, 3000) }))),
      select({}, { session_id: id }),
      select({ prompt_cache_key: id }),
    ];
    for (const token of sources) expect(token).toMatch(/^id-sha256:[0-9a-f]{64}$/);
  });

  it('tells strange ids apart', () => {
    expect(new Set(strange.map((id) => select({ prompt_cache_key: id }))).size).toBe(strange.length);
    expect(new Set(strange.map((id) => select({}, { session_id: id }))).size).toBe(strange.length);
  });

  it('all marked system blocks count, unmarked ones do not', () => {
    const system = [text('a', marked), text('today'), text('b', marked)];
    const session = select({ system });
    expect(session).toMatch(/^text-sha256:/);
    expect(select({ system: [text('a', marked), text('tomorrow'), text('b', marked)] })).toBe(session);
    expect(select({ system: [text('ab', marked)] })).not.toBe(session);
    expect(select({ system: [text('a', marked), text('c', marked)] })).not.toBe(session);
  });

  it('a mark in the first user message comes before the system text', () => {
    const messages = [user([text('book', marked), text('question')])];
    expect(select({ system: 'be kind', messages })).toBe(hashed('book'));
  });

  it('marks that move on with each turn leave the session where it is', () => {
    const turn = (words: string, more: object = {}): object[] => [user([text(words, more)])];
    const answer = { role: 'assistant', content: 'ok' };
    const first = select({ messages: turn('one', marked) });
    expect(select({ messages: [...turn('one'), answer, ...turn('two', marked)] })).toBe(first);
    expect(
      select({ messages: [...turn('one'), answer, ...turn('two'), answer, ...turn('three', marked)] }),
    ).toBe(first);
  });

  it('a mark of another kind is none', () => {
    for (const cache_control of [{ type: 'other' }, 'ephemeral', null, {}, ['ephemeral']]) {
      expect(select({ system: [text('a', { cache_control }), text('b', marked)] })).toBe(hashed('b'));
    }
  });

  it("Claude Code's billing line, which changes with each prompt, is no part of it", () => {
    const billed = (end: string): object[] => [
      text(`x-anthropic-billing-header: cc_version=${end};`),
      text('You are'),
    ];
    expect(select({ system: billed('a') })).toBe(select({ system: billed('b') }));
    expect(select({ system: billed('a') })).toBe(hashed('You are'));
  });

  it('the first user message counts, behind others and with pictures', () => {
    const messages = [
      { role: 'assistant', content: 'hello' },
      user([{ type: 'image', source: {} }, text('what is it?')]),
      user('later'),
    ];
    expect(select({ messages })).toBe(hashed('what is it?'));
  });

  it.each([
    [[7, null, 'x', [], {}]],
    [[{ role: 'user' }]],
    [[{ role: 7, content: 'x' }]],
    [[user(null)]],
    [[user([text('')])]],
    [[user([{ type: 'text' }, { type: 'text', text: 7 }, 'text', null])]],
  ])('messages %j have no text and break nothing', (messages) => {
    expect(select({ messages })).toBeNull();
    expect(select({ messages, system: [null, 7, 'x', text('', marked), { text: 'no type' }] })).toBeNull();
  });

  it.each([7, null, {}, true, ''])('system %j is no text', (system) => {
    expect(select({ system, messages: [user('hi')] })).toBe(hashed('hi'));
  });

  it('a text of 4 MB, and one with escapes, are hashed as they stand', () => {
    for (const words of ['é'.repeat(2_000_000), 'a"\\\n\u0001\ud800b']) {
      expect(select({ system: words })).toBe(hashed(words));
    }
  });
});

import { listRecordings } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import { scanProtocolBody, type ProtocolScan, type ScannedProtocol } from './scan-protocol-body.ts';
import { selectSessionId } from './select-session-id.ts';
import { spliceModel } from './splice-model.ts';

const scanText = (protocol: ScannedProtocol, text: string): ReturnType<typeof scanProtocolBody> =>
  scanProtocolBody(protocol, Buffer.from(text));

function scan(protocol: ScannedProtocol, value: unknown): ProtocolScan {
  const result = scanText(protocol, JSON.stringify(value));
  if (!result.ok) throw new Error(`${String(result.param)}: ${result.message}`);
  return result;
}

const PROTOCOLS = {
  chat: 'openai.chat',
  responses: 'openai.responses',
  gemini: 'gemini.generate',
} as const;
const MINIMAL: Record<ScannedProtocol, object> = {
  chat: { model: 'm', messages: [] },
  responses: { model: 'm' },
  gemini: { contents: [] },
  'code-assist': { model: 'm', request: { contents: [] } },
};
const ALL = Object.keys(MINIMAL) as ScannedProtocol[];

describe.each(Object.entries(PROTOCOLS))('recorded requests, %s', (name, recorded) => {
  const protocol = name as keyof typeof PROTOCOLS;
  const requests = listRecordings({ protocol: recorded, kind: 'request' });

  it.each(requests.map((recording) => [recording.file, recording] as const))(
    '[REQ-1] %s: says what JSON.parse says',
    (_file, recording) => {
      const parsed = JSON.parse(recording.readBytes().toString()).body;
      const body = Buffer.from(JSON.stringify(parsed, null, 1));
      const result = scanProtocolBody(protocol, body);
      if (!result.ok) throw new Error(result.message);
      const read = (range: { start: number; end: number } | null): unknown =>
        range === null ? undefined : JSON.parse(body.toString('utf8', range.start, range.end));
      expect(result.model).toBe(protocol === 'gemini' ? null : parsed.model);
      expect(result.stream).toBe(protocol === 'gemini' ? false : (parsed.stream ?? false));
      expect(read(result.turns)).toEqual(parsed.messages ?? parsed.input ?? parsed.contents);
      expect(read(result.tools)).toEqual(parsed.tools);
      const config = parsed.generationConfig ?? parsed.generation_config ?? {};
      const maxTokens = parsed.max_completion_tokens ?? parsed.max_tokens ?? parsed.max_output_tokens;
      expect(result.maxTokens).toBe(maxTokens ?? config.maxOutputTokens ?? config.max_output_tokens ?? null);
      expect(selectSessionId(result.session, { header: () => '' })).not.toBeNull();
      const renamed = spliceModel(body, result.modelRanges, 'other');
      const named = protocol === 'gemini' ? parsed : { ...parsed, model: 'other' };
      expect(JSON.parse(renamed.toString())).toEqual(named);
    },
  );
});

describe('fields', () => {
  it('[MON-4] max tokens count for each choice that is asked for', () => {
    const chat = { model: 'm', messages: [], max_tokens: 5 };
    expect(scan('chat', { ...chat, n: 3 }).maxTokens).toBe(15);
    for (const n of [0, 1, null, 'x', -2, 1.5]) expect(scan('chat', { ...chat, n }).maxTokens).toBe(5);
    expect(scan('chat', { ...chat, max_tokens: null, n: 3 }).maxTokens).toBeNull();
    expect(scan('chat', { ...chat, n: Number.MAX_SAFE_INTEGER }).maxTokens).toBe(Number.MAX_SAFE_INTEGER);
    const config = { maxOutputTokens: 7, candidate_count: 2 };
    expect(scan('gemini', { contents: [], generationConfig: config }).maxTokens).toBe(14);
  });

  it('[API-5] a whole Gemini request to be counted is read as one, with its model', () => {
    const request = { model: 'models/m', contents: [], generationConfig: { maxOutputTokens: 3 } };
    const body = Buffer.from(JSON.stringify({ generateContentRequest: request }));
    const result = scanProtocolBody('gemini', body);
    if (!result.ok) throw new Error(result.message);
    expect([result.model, result.maxTokens]).toEqual([null, 3]);
    expect(JSON.parse(spliceModel(body, result.modelRanges, 'models/n').toString())).toEqual({
      generateContentRequest: { ...request, model: 'models/n' },
    });
    for (const wrong of [null, [], 'x', {}])
      expect(
        scanProtocolBody('gemini', Buffer.from(JSON.stringify({ generateContentRequest: wrong }))),
      ).toMatchObject({ ok: false, param: 'contents' });
  });

  it('[MON-4] max tokens under every name; null is absent', () => {
    const chat = { model: 'm', messages: [] };
    expect(scan('chat', { ...chat, max_tokens: 5 }).maxTokens).toBe(5);
    expect(scan('chat', { max_tokens: 5, ...chat, max_completion_tokens: 7 }).maxTokens).toBe(7);
    expect(scan('chat', { ...chat, max_completion_tokens: null, max_tokens: 5 }).maxTokens).toBe(5);
    expect(scan('responses', { model: 'm', max_output_tokens: 9 }).maxTokens).toBe(9);
    for (const config of [
      { generationConfig: { maxOutputTokens: 3 } },
      { generation_config: { max_output_tokens: 3 } },
    ])
      expect(scan('gemini', { contents: [], ...config }).maxTokens).toBe(3);
    expect(scan('gemini', { contents: [], generationConfig: null }).maxTokens).toBeNull();
  });

  it('[MON-8] all stream_options, as they are forced in each', () => {
    const text = '{"model":"m","messages":[],"stream_options":null,"stream_\\u006fptions":{"a":1}}';
    const result = scanText('chat', text);
    const ranges = result.ok ? result.streamOptions : [];
    expect(ranges.map(({ start, end }) => text.slice(start, end))).toEqual(['null', '{"a":1}']);
  });

  it('[MON-2] the size that images are asked for in', () => {
    const generationConfig = { imageConfig: { aspectRatio: '1:1', imageSize: '2K' } };
    expect(scan('gemini', { contents: [], generationConfig }).imageSize).toBe('2K');
    expect(
      scan('gemini', { contents: [], generation_config: { image_config: { image_size: '4K' } } }).imageSize,
    ).toBe('4K');
    expect(scan('gemini', { contents: [], generationConfig: { imageConfig: 7 } }).imageSize).toBeNull();
  });

  it('code-assist: the request is inside, ranges are offsets into the whole body', () => {
    const request = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }], session_id: 'abc', tools: [1] };
    const text = JSON.stringify({ model: 'gemini-2.5-pro', project: 'p', request, contents: 'outside' });
    const result = scanText('code-assist', text);
    if (!result.ok) throw new Error(result.message);
    expect(text.slice(result.turns?.start, result.turns?.end)).toBe(JSON.stringify(request.contents));
    expect(text.slice(result.tools?.start, result.tools?.end)).toBe('[1]');
    expect(result).toMatchObject({ model: 'gemini-2.5-pro', session: { promptCacheKey: 'id:abc' } });
    expect(result.modelRanges.map(({ start, end }) => text.slice(start, end))).toEqual(['"gemini-2.5-pro"']);
  });
});

describe('[SESS-1] sessions', () => {
  const user = { role: 'user', content: 'hello' };
  const session = (protocol: ScannedProtocol, value: object): string | null =>
    selectSessionId(scan(protocol, value).session, { header: () => '' });

  it('prompt_cache_key, as Codex sends it', () => {
    const value = { model: 'm', input: [user], prompt_cache_key: '0199F3B2-1111-7222-8333-444455556666' };
    expect(session('responses', value)).toBe('id:0199f3b2-1111-7222-8333-444455556666');
  });

  it.each<[string, ScannedProtocol, object, object]>([
    [
      'chat',
      'chat',
      { messages: [{ role: 'system', content: 's' }, user] },
      {
        messages: [
          { role: 'system', content: [{ type: 'text', text: 's' }] },
          { role: 'user', content: 'other' },
        ],
      },
    ],
    [
      'developer',
      'chat',
      { messages: [{ role: 'developer', content: 's' }, user] },
      { messages: [{ role: 'developer', content: 's' }] },
    ],
    ['responses', 'responses', { instructions: 's', input: 'hello' }, { instructions: 's', input: [user] }],
    [
      'gemini',
      'gemini',
      { systemInstruction: { parts: [{ text: 's' }] }, contents: [] },
      { system_instruction: 's', contents: [{ parts: [{ text: 'x' }] }] },
    ],
  ])('the system text alone tells conversations apart: %s', (_name, protocol, a, b) => {
    expect(session(protocol, { ...MINIMAL[protocol], ...a })).toBe(
      session(protocol, { ...MINIMAL[protocol], ...b }),
    );
  });

  it.each<[string, ScannedProtocol, object[]]>([
    [
      'chat',
      'chat',
      [
        { messages: [user] },
        { messages: [{ role: 'user', content: [{ type: 'image_url' }, { type: 'text', text: 'hello' }] }] },
        { messages: [user, { role: 'assistant', content: 'a' }, { role: 'user', content: 'next' }] },
      ],
    ],
    [
      'responses',
      'responses',
      [
        { input: 'hello' },
        {
          input: [
            { type: 'additional_tools', tools: [] },
            { role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
          ],
        },
      ],
    ],
    [
      'gemini',
      'gemini',
      [
        { contents: [{ parts: [{ text: 'hello' }] }] },
        { contents: [{ role: 'user', parts: [{ inlineData: {} }, { text: 'hello' }] }] },
      ],
    ],
  ])('else the first text of the user, which stays when turns are added: %s', (_name, protocol, values) => {
    const sessions = values.map((value) => session(protocol, { ...MINIMAL[protocol], ...value }));
    expect(new Set(sessions).size).toBe(1);
    expect(sessions[0]).toMatch(/^text-sha256:[0-9a-f]{64}$/u);
  });

  it.each(ALL)('%s: no text, no session', (protocol) => {
    expect(session(protocol, MINIMAL[protocol])).toBeNull();
  });
});

describe('[REQ-4] bad input', () => {
  it.each<[ScannedProtocol, string, string | null]>([
    ['chat', '', null],
    ['chat', '[]', null],
    ['chat', '{"model":"m","messages":[}', null],
    ['chat', '{"messages":[]}', 'model'],
    ['chat', '{"model":7,"messages":[]}', 'model'],
    ['chat', '{"model":"\\u0000","messages":[]}', 'model'],
    ['chat', '{"model":"\\ud800","messages":[]}', 'model'],
    ['chat', '{"model":"m"}', 'messages'],
    ['chat', '{"model":"m","messages":"hi"}', 'messages'],
    ['chat', '{"model":"m","messages":[],"stream":"yes"}', 'stream'],
    ['chat', '{"model":"m","messages":[],"max_tokens":-1}', 'max_tokens'],
    ['chat', '{"model":"m","messages":[],"max_completion_tokens":9007199254740993}', 'max_completion_tokens'],
    ['responses', '{"input":"x"}', 'model'],
    ['responses', '{"model":"m","max_output_tokens":"1"}', 'max_output_tokens'],
    ['gemini', '{}', 'contents'],
    ['gemini', '{"contents":{}}', 'contents'],
    ['gemini', '{"contents":[],"generationConfig":{"maxOutputTokens":1.5}}', 'maxOutputTokens'],
    ['code-assist', '{"model":"m"}', 'request'],
    ['code-assist', '{"model":"m","request":[]}', 'request'],
    ['code-assist', '{"model":"m","request":{}}', 'contents'],
    ['code-assist', '{"request":{"contents":[]}}', 'model'],
  ])('%s %s names %s', (protocol, text, param) => {
    expect(scanText(protocol, text)).toMatchObject({ ok: false, param });
  });

  it.each(ALL)(
    '%s: 5,000 turns, 1,000 tools, deep nesting, lone surrogates and big numbers are accepted',
    (protocol) => {
      const turn = { role: 'user', content: '\ud800\u0000', parts: [{ text: '\ud800' }], n: 1e300 };
      const fields = {
        messages: Array.from({ length: 5_000 }, () => turn),
        contents: Array.from({ length: 5_000 }, () => turn),
        input: Array.from({ length: 5_000 }, () => turn),
        tools: Array.from({ length: 1_000 }, (_, index) => ({ name: `t${index}` })),
        deep: JSON.parse('['.repeat(400) + ']'.repeat(400)),
      };
      const value = protocol === 'code-assist' ? { model: 'm', request: fields } : { model: 'm', ...fields };
      const result = scan(protocol, value);
      expect(result.session.text).toMatch(/^text-sha256:/u);
    },
  );

  it.each(ALL)('%s: more than 512 levels are refused', (protocol) => {
    const text =
      JSON.stringify(MINIMAL[protocol]).slice(0, -1) + `,"x":${'['.repeat(600)}${']'.repeat(600)}}`;
    expect(scanText(protocol, text)).toMatchObject({ ok: false, param: null });
  });
});

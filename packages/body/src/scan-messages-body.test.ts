import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scanMessagesBody, type MessagesScan } from './scan-messages-body.ts';

function scan(text: string | Buffer): ReturnType<typeof scanMessagesBody> {
  return scanMessagesBody(Buffer.from(text));
}

/** A request with the given members put first. */
function scanWith(members: string): ReturnType<typeof scanMessagesBody> {
  return scan(`{${members},"messages":[]}`);
}

function nest(levels: number): string {
  return `{"model":"m","messages":[],"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
}

describe('scanMessagesBody', () => {
  it('finds fields and ranges', () => {
    const text =
      '{"model":"claude-x","max_tokens":16,"stream":true,"system":"be kind","thinking":{"type":"disabled"},' +
      '"tools":[],"prompt_cache_key":"k1","metadata":{"user_id":"u1"},"messages":[{"role":"user","content":"hi"}]}';
    const result = scan(text) as MessagesScan;
    const slice = (range: { start: number; end: number } | null): string | null =>
      range && text.slice(range.start, range.end);
    expect(result).toMatchObject({ ok: true, model: 'claude-x', maxTokens: 16, stream: true, userId: 'u1' });
    expect(result.modelRanges.map(slice)).toEqual(['"claude-x"']);
    expect(slice(result.messages)).toBe('[{"role":"user","content":"hi"}]');
    expect(slice(result.system)).toBe('"be kind"');
    expect(slice(result.thinking)).toBe('{"type":"disabled"}');
    expect(slice(result.tools)).toBe('[]');
    expect(slice(result.promptCacheKey)).toBe('"k1"');
  });

  it('[API-5] max_tokens and stream may be absent, or null', () => {
    expect(scanWith('"model":"m"')).toMatchObject({ ok: true, stream: false, maxTokens: null, userId: null });
    expect(scanWith('"model":"m","stream":null,"max_tokens":null')).toMatchObject({
      stream: false,
      maxTokens: null,
    });
  });

  it('counts written as exponents are counts', () => {
    expect(scanWith('"model":"m","max_tokens":1e3')).toMatchObject({ maxTokens: 1000 });
    expect(scanWith('"model":"m","max_tokens":-0')).toHaveProperty('maxTokens', 0);
  });

  it('[API-2] a repeated model: the last one counts, all are found', () => {
    const result = scanWith('"model":"first","mod\\u0065l":7,"model":"last"');
    expect(result).toMatchObject({ model: 'last' });
    expect((result as MessagesScan).modelRanges).toHaveLength(3);
  });

  it('a model in a nested object is not the model', () => {
    expect(scan('{"messages":[{"model":"x"}],"metadata":{"model":"y"}}')).toMatchObject({ param: 'model' });
  });

  it('a user_id too long for a session is left alone', () => {
    expect(scanWith(`"model":"m","metadata":{"user_id":"${'x'.repeat(5000)}"}`)).toMatchObject({
      userId: null,
    });
  });

  it.each([
    ['"model":1', 'model'],
    ['"model":null', 'model'],
    ['"model":["m"]', 'model'],
    ['"model":""', 'model'],
    [`"model":"${'m'.repeat(257)}"`, 'model'],
    [`"model":"${'\\u0041'.repeat(300)}"`, 'model'],
    ['"model":"a\\u0000b"', 'model'],
    ['"model":"a\\r\\nb"', 'model'],
    ['"model":"a\u0085b"', 'model'],
    ['"model":"a\\ud800b"', 'model'],
    ['"model":"m","stream":"true"', 'stream'],
    ['"model":"m","stream":1', 'stream'],
    ['"model":"m","stream":{}', 'stream'],
    ['"model":"m","max_tokens":-1', 'max_tokens'],
    ['"model":"m","max_tokens":1.5', 'max_tokens'],
    ['"model":"m","max_tokens":"5"', 'max_tokens'],
    ['"model":"m","max_tokens":true', 'max_tokens'],
    ['"model":"m","max_tokens":1E400', 'max_tokens'],
    [`"model":"m","max_tokens":${'9'.repeat(9999)}`, 'max_tokens'],
    [`"model":"m"${',"stream":true'.repeat(17)}`, 'stream'],
  ])('[REQ-4] %.60s names the field %s', (members, param) => {
    const result = scanWith(members);
    expect(result).toMatchObject({ ok: false, param });
    expect(result).toHaveProperty('message', expect.stringMatching(new RegExp(`^${param}: `)));
  });

  it('a name of 256 escaped characters is not too long', () => {
    expect(scanWith(`"model":"${'\\u0041'.repeat(256)}"`)).toMatchObject({ model: 'A'.repeat(256) });
  });

  it.each([
    ['{"model":"m"}', 'messages'],
    ['{"model":"m","messages":{}}', 'messages'],
    ['{"model":"m","messages":null}', 'messages'],
    ['{"messages":[]}', 'model'],
    ['{}', 'model'],
  ])('[REQ-4] %s names the field %s', (text, param) =>
    expect(scan(text)).toMatchObject({ ok: false, param }),
  );

  it.each([
    ['', 'no body'],
    ['   ', 'unexpected end at byte 3'],
    ['[]', 'must be a JSON object'],
    ['"x"', 'must be a JSON object'],
    ['null', 'must be a JSON object'],
    ['\ufeff{}', 'byte order mark'],
    ['{"a":1} x', 'unexpected character at byte 8'],
    ['{"a":1}{', 'unexpected character at byte 7'],
    ['{"a":01}', 'unexpected character at byte 6'],
    ['{"a":tru}', 'unexpected character at byte 8'],
    ['{"a":"\n"}', 'unexpected character at byte 6'],
    ['{"a":"', 'unexpected end at byte 6'],
    ['{"a":"\\', 'unexpected end at byte 7'],
    ['{"a":1,}', 'unexpected character at byte 7'],
    ['{"a":"some longer text \u0001"}', 'unexpected character at byte 23'],
  ])('[REQ-4] %j is refused: %s', (text, words) => {
    expect(scan(text)).toMatchObject({
      ok: false,
      param: null,
      message: expect.stringContaining(words) as string,
    });
  });

  it.each([[[0xff]], [[0xc3]], [[0xed, 0xa0, 0x80]], [[0xc0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]]])(
    '[REQ-4] invalid UTF-8 %j is refused',
    (bytes) => {
      const body = Buffer.concat([
        Buffer.from('{"model":"'),
        Buffer.from(bytes),
        Buffer.from('","messages":[]}'),
      ]);
      expect(scan(body)).toMatchObject({ ok: false, message: expect.stringContaining('UTF-8') as string });
    },
  );

  it('[REQ-4] 512 levels pass, 513 do not, and a million do not break the stack', () => {
    expect(scan(nest(512))).toMatchObject({ ok: true });
    expect(scan(nest(513))).toMatchObject({
      ok: false,
      message: expect.stringContaining('512 levels') as string,
    });
    expect(scan(nest(1_000_000))).toMatchObject({ ok: false });
    expect(scan(`{"a":`.repeat(1_000_000))).toMatchObject({ ok: false });
  });

  const fixtures = new URL('../fixtures/recordings/', import.meta.url);
  it.each(readdirSync(fixtures))('[API-2] the real request %s', (name) => {
    const body = readFileSync(new URL(name, fixtures));
    const parsed = JSON.parse(body.toString()) as { model: string; stream?: boolean; max_tokens?: number };
    expect(scan(body)).toMatchObject({
      ok: true,
      model: parsed.model,
      stream: parsed.stream ?? false,
      maxTokens: parsed.max_tokens ?? null,
    });
  });
});

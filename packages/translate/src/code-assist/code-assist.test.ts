import { createConformanceChecker } from '@tollgate/protocol';
import { listRecordings } from '@tollgate/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutBytes } from '../testing/translate-stream.ts';
import { createCodeAssistUnwrapper } from './unwrapper.ts';
import { unwrapCodeAssistAnswer } from './unwrap-response.ts';
import { wrapCodeAssistRequest, type CodeAssistEnvelope } from './wrap-request.ts';

const CLI: CodeAssistEnvelope = {
  model: 'gemini-2.5-pro',
  project: 'p-1',
  requestId: 'r-1',
  sessionId: 's-1',
  flavour: 'gemini-cli',
};
const ANTIGRAVITY: CodeAssistEnvelope = { ...CLI, flavour: 'antigravity' };

const wrap = (body: string, envelope: CodeAssistEnvelope): string =>
  wrapCodeAssistRequest(Buffer.from(body), envelope).toString();

describe('[API-3] requests in the code-assist envelope', () => {
  it("Google's CLI: model, project, prompt id, session inside", () => {
    expect(wrap('{"contents":[]}', CLI)).toBe(
      '{"model":"gemini-2.5-pro","project":"p-1","user_prompt_id":"r-1","request":{"session_id":"s-1","contents":[]}}',
    );
  });

  it('Antigravity: its marks outside, its session inside, no safety settings', () => {
    const body = '{"safetySettings":[{"a":"}"}],"contents":[1] , "generationConfig":{}}';
    expect(JSON.parse(wrap(body, ANTIGRAVITY))).toEqual({
      model: 'gemini-2.5-pro',
      userAgent: 'antigravity',
      requestType: 'agent',
      project: 'p-1',
      requestId: 'agent-r-1',
      request: { sessionId: 's-1', contents: [1], generationConfig: {} },
    });
  });

  it('[API-2] the bytes of the request stay as they are', () => {
    const body =
      '{ "contents" : [1.0, -0, 12345678901234567890, "\\u00e9é\u2028"],\n\t"labels":{"a":1,"a":2} }';
    expect(wrap(body, { ...CLI, sessionId: null })).toContain(`"request":${body}}`);
    expect(wrap(body, ANTIGRAVITY)).toContain(`"request":{"sessionId":"s-1",${body.slice(1)}}`);
  });

  it('a session of the client stays, a model inside does not, and an empty body is an object', () => {
    expect(JSON.parse(wrap('{"session_id":"own","model":"x"}', CLI)).request).toEqual({ session_id: 'own' });
    expect(JSON.parse(wrap('{}', CLI)).request).toEqual({ session_id: 's-1' });
    expect(JSON.parse(wrap('{"safetySettings":[]}', ANTIGRAVITY)).request).toEqual({ sessionId: 's-1' });
  });

  it('what is no object is put in as it is', () => {
    expect(wrap('[1]', CLI)).toContain('"request":[1]}');
  });

  it('any object survives', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
        const text = JSON.stringify(body);
        const { request } = JSON.parse(wrap(text, ANTIGRAVITY)) as { request: object };
        const { model: _m, safetySettings: _s, safety_settings: _t, ...kept } = JSON.parse(text);
        expect(request).toEqual({ sessionId: 's-1', ...kept });
      }),
    );
  });
});

function unwrap(pieces: readonly Buffer[], framing: 'sse' | 'array' = 'sse'): string {
  const unwrapper = createCodeAssistUnwrapper({ framing });
  const out = pieces.map((piece) => {
    const chunk = Buffer.from(piece);
    const bytes = unwrapper.push(chunk);
    chunk.fill(0x0a);
    return bytes;
  });
  return Buffer.concat([...out, unwrapper.end()]).toString();
}

const ENVELOPED = [
  'data: {"response":{"candidates":[{"content":{"parts":[{"text":"é 1.0"}]}}],"n":1.0},"traceId":"t-1"}\r\n\r\n',
  'data: {"traceId":"t-1", "response": {"responseId":"own","candidates":[{"finishReason":"STOP"}]}}\n\n',
];

describe('[API-3] answers in the code-assist envelope', () => {
  it('gives the inner bytes, and the trace as id where there is none', () => {
    expect(unwrap(ENVELOPED.map((event) => Buffer.from(event)))).toBe(
      'data: {"responseId":"t-1","candidates":[{"content":{"parts":[{"text":"é 1.0"}]}}],"n":1.0}\r\n\r\n' +
        'data: {"responseId":"own","candidates":[{"finishReason":"STOP"}]}\r\n\r\n',
    );
  });

  it('as one array, closed only behind a whole answer', () => {
    expect(JSON.parse(unwrap([Buffer.from(ENVELOPED.join(''))], 'array'))).toHaveLength(2);
    expect(unwrap([Buffer.from(ENVELOPED[0] ?? '')], 'array')).not.toContain(']}}],"n":1.0}]');
    expect(unwrap([], 'array')).toBe('');
  });

  it('errors pass, enveloped or bare', () => {
    expect(unwrap([Buffer.from('data: {"error":{"code":429}}\n\n')])).toBe(
      'data: {"error":{"code":429}}\r\n\r\n',
    );
    expect(unwrap([Buffer.from('{"error":{\n"code":503}}\n')])).toContain('{"error":{\n"code":503}}');
  });

  it('a stream that is cut inside an event says nothing of it', () => {
    const event = Buffer.from(ENVELOPED[0] ?? '').subarray(0, -4);
    for (let end = 0; end < event.length - 1; end += 1) expect(unwrap([event.subarray(0, end)])).toBe('');
  });

  it('data of several lines becomes one', () => {
    expect(unwrap([Buffer.from('data: {"response":{"a":\ndata: 1}}\n\n')])).toBe('data: {"a": 1}\r\n\r\n');
  });

  it('a plain answer, and what is none', () => {
    expect(unwrapCodeAssistAnswer(Buffer.from('{"response":{"a":1.0},"traceId":"t"}'))?.toString()).toBe(
      '{"responseId":"t","a":1.0}',
    );
    for (const body of ['', '[]', '{"error":{}}', '{"response":7}', '{"response":{"a":1}', '<html>']) {
      expect(unwrapCodeAssistAnswer(Buffer.from(body))).toBeNull();
    }
  });

  const streams = listRecordings({ protocol: 'gemini.generate', kind: 'stream' }).filter(({ file }) =>
    file.endsWith('.sse'),
  );
  it.each(streams)('$file: enveloped, cut anywhere, the same bytes as before', (recording) => {
    const events = recording
      .readBytes()
      .toString()
      .split(/\r?\n\r?\n/u);
    const inner = events.filter((event) => event.startsWith('data: ')).map((event) => event.slice(6));
    const enveloped = Buffer.from(inner.map((json) => `data: {"response":${json},"x":[]}\n\n`).join(''));
    const expected = inner.map((json) => `data: ${json}\r\n\r\n`).join('');
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), (places) => {
        expect(unwrap(cutBytes(enveloped, places))).toBe(expected);
      }),
      { numRuns: 8 },
    );
    const checker = createConformanceChecker('gemini', { isArray: true });
    checker.push(Buffer.from(unwrap([enveloped], 'array')));
    checker.end();
    expect(checker.problems).toEqual([]);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json/json-object.ts';
import { cutBytes } from '../testing/translate-stream.ts';
import { createCodeAssistUnwrapper } from '../code-assist/unwrapper.ts';
import { unwrapCodeAssistAnswer } from '../code-assist/unwrap-response.ts';
import { translateRequest } from '../translate-request.ts';

const TOOL = 'mcp__notes__read';
const CALL = `<${TOOL}>{"n":1}</${TOOL}>`;
const OPTIONS = {
  from: 'gemini',
  to: 'gemini',
  upstreamModel: 'm',
  stream: true,
  outputTokensMax: null,
  injectsMcpXml: true,
} as const;
const DECLARED = [
  { name: 'ls', parameters: { type: 'OBJECT' } },
  {
    name: TOOL,
    description: 'Reads a note.',
    parameters: { type: 'OBJECT', properties: { n: { type: 'INTEGER' } } },
  },
];
const ASKED = [{ role: 'user', parts: [{ text: 'Read.' }] }];

function edit(request: unknown): { text: string; body: JsonObject; mcpTools: string[] | undefined } {
  const bytes = Buffer.from(typeof request === 'string' ? request : JSON.stringify(request));
  const result = translateRequest(bytes, OPTIONS);
  if (!result.ok) throw new Error(result.message);
  const text = Buffer.from(result.body).toString();
  return { text, body: JSON.parse(text) as JsonObject, mcpTools: result.context.mcpTools };
}

const withTools = (fields: object = {}) => ({
  contents: ASKED,
  tools: [{ functionDeclarations: DECLARED }],
  ...fields,
});

describe('[API-7] MCP tools of a Gemini client, in its own request', () => {
  it('are told in the system text with their schemas, and declared no more', () => {
    const { body, mcpTools } = edit(withTools({ systemInstruction: { parts: [{ text: 'Be brief.' }] } }));
    expect(body['tools']).toEqual([{ functionDeclarations: [DECLARED[0]] }]);
    expect(body['systemInstruction']).toMatchObject({
      parts: [
        { text: 'Be brief.' },
        { text: expect.stringContaining(`## ${TOOL}\nReads a note.\n`) as string },
      ],
    });
    expect(JSON.stringify(body['systemInstruction'])).toContain('Arguments: {\\"type\\":\\"object\\",');
    expect(mcpTools).toEqual([TOOL]);
  });

  it.each(['Be brief.', undefined, null, { text: 'x' }])('a system text %j is one with parts', (system) => {
    const { body } = edit(withTools({ systemInstruction: system }));
    expect(JSON.stringify(body['systemInstruction'])).toContain('# Calling MCP tools');
    if (typeof system === 'string') expect(JSON.stringify(body['systemInstruction'])).toContain(system);
  });

  it('[API-3] all other fields stay, known or not, to the last digit, in either spelling', () => {
    const rest = {
      safetySettings: [{ category: 'C', threshold: 'OFF' }],
      cachedContent: 'cachedContents/1',
      labels: { a: 'b' },
      generation_config: { temperature: 0.5, brandNew: { deep: [1] }, responseModalities: ['TEXT'] },
      neverHeardOf: [null, true],
    };
    const { text, body } = edit(
      JSON.stringify({
        ...rest,
        contents: [
          { role: 'user', parts: [{ text: 'x', videoMetadata: { fps: 1 } }, { fileData: { fileUri: 'u' } }] },
        ],
        tools: [{ googleSearch: {} }, { function_declarations: [DECLARED[1]], urlContext: {} }],
        tool_config: { retrieval_config: { a: 1 }, function_calling_config: { mode: 'ANY' } },
        system_instruction: { parts: [{ text: 's' }] },
        seed: 0,
      }).replace('"seed":0', '"seed":12345678901234567890'),
    );
    expect(body).toMatchObject(rest);
    expect(text).toContain('"seed":12345678901234567890');
    expect(body['contents']).toEqual([
      { role: 'user', parts: [{ text: 'x', videoMetadata: { fps: 1 } }, { fileData: { fileUri: 'u' } }] },
    ]);
    expect(body['tools']).toEqual([{ googleSearch: {} }, { urlContext: {} }]);
    expect(body['tool_config']).toEqual({ retrieval_config: { a: 1 } });
    expect(Object.keys(body)).toContain('system_instruction');
    expect(Object.keys(body)).not.toContain('systemInstruction');
  });

  it('the history says in text what it said in calls and responses; the others stay, responses alone in a content', () => {
    const image = { inlineData: { mimeType: 'image/png', data: 'AA==' } };
    const { body } = edit(
      withTools({
        contents: [
          ...ASKED,
          {
            role: 'model',
            parts: [
              { functionCall: { name: 'ls', args: {} }, thoughtSignature: 's1' },
              { function_call: { name: TOOL, args: { n: 1 } }, thoughtSignature: 's2' },
            ],
          },
          {
            role: 'function',
            parts: [
              { functionResponse: { name: TOOL, response: { error: 'gone' }, parts: [image] } },
              { functionResponse: { name: 'ls', response: { output: 'a.txt' } } },
              { text: 'Go on.' },
            ],
          },
        ],
      }),
    );
    expect((body['contents'] as unknown[]).slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { functionCall: { name: 'ls', args: {} }, thoughtSignature: 's1' },
          { text: CALL, thoughtSignature: 's2' },
        ],
      },
      { role: 'function', parts: [{ functionResponse: { name: 'ls', response: { output: 'a.txt' } } }] },
      {
        role: 'user',
        parts: [
          { text: `<tool_result name="${TOOL}" is_error="true">\ngone` },
          image,
          { text: '</tool_result>' },
          { text: 'Go on.' },
        ],
      },
    ]);
  });

  it.each([
    [{ mode: 'ANY' }, { mode: 'AUTO' }, ['ls'], 'You must call a tool now.'],
    [{ mode: 'VALIDATED' }, { mode: 'VALIDATED' }, ['ls'], '# Calling'],
    [{ mode: 'ANY', allowedFunctionNames: [TOOL] }, { mode: 'NONE' }, ['ls'], `now: ${TOOL}.`],
    [{ mode: 'ANY', allowedFunctionNames: [TOOL, 'ls'] }, { mode: 'AUTO' }, ['ls'], `now: ${TOOL} or ls.`],
    [
      { mode: 'ANY', allowedFunctionNames: ['ls'] },
      { mode: 'ANY', allowedFunctionNames: ['ls'] },
      ['ls'],
      null,
    ],
    [{ mode: 'NONE' }, { mode: 'NONE' }, ['ls'], null],
    [{ mode: 'AUTO' }, { mode: 'AUTO' }, ['ls'], '# Calling'],
  ])('a choice %j is %j for functions', (asked, left, names, words) => {
    const { body, mcpTools } = edit(withTools({ toolConfig: { functionCallingConfig: asked } }));
    expect(body['toolConfig']).toEqual({ functionCallingConfig: left });
    expect(body['tools']).toMatchObject([{ functionDeclarations: names.map((name) => ({ name })) }]);
    const system = JSON.stringify(body['systemInstruction'] ?? '');
    expect(mcpTools).toEqual(words === null ? undefined : [TOOL]);
    expect(system.includes('MCP')).toBe(words !== null);
    if (words !== null) expect(system).toContain(words);
  });

  it.each([
    '{ "contents": [1.0], "tools": [{"functionDeclarations":[{"name":"ls"}]}] }',
    `{"contents":[{"parts":[{"text":"${TOOL}"}]}]}`,
    `[{"tools":"${TOOL}"}]`,
    `{"tools":[{"functionDeclarations":[{"name":"${TOOL}/x"}]}]}`,
    `{"tools":[{"functionDeclarations":[{"name":"${TOOL}"}]}],"systemInstruction":[1]}`,
    `no JSON ${TOOL}`,
  ])('[API-2] %s passes byte by byte', (text) => {
    const result = translateRequest(Buffer.from(text), OPTIONS);
    expect(result).toMatchObject({ ok: true, dropped: [] });
    expect(result.ok && Buffer.from(result.body).toString()).toBe(text);
    expect(result.ok && result.context.mcpTools).toBeUndefined();
  });

  it('a body that is nested too deeply is refused', () => {
    const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)},"tools":[{"functionDeclarations":[{"name":"${TOOL}"}]}]}`;
    expect(translateRequest(Buffer.from(deep), OPTIONS)).toMatchObject({ ok: false });
  });
});

const chunk = (parts: object[], rest: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...rest }],
  usageMetadata: { totalTokenCount: 3 },
});
const envelop = (responses: object[]) =>
  Buffer.from(responses.map((response) => `data: ${JSON.stringify({ response })}\r\n\r\n`).join(''));

type Part = { text?: string; thought?: boolean; functionCall?: { name: string; args: unknown } };

function run(bytes: Buffer, framing: 'sse' | 'array', cuts: number[] = []): { out: string; parts: Part[] } {
  const unwrapper = createCodeAssistUnwrapper({ framing, mcpTools: [TOOL] });
  const pieces = cutBytes(bytes, cuts).map((piece) => unwrapper.push(piece));
  const out = Buffer.concat([...pieces, unwrapper.end()]).toString();
  const chunks = (
    framing === 'array'
      ? JSON.parse(out)
      : out
          .split('\r\n\r\n')
          .flatMap((event) => (event === '' ? [] : [JSON.parse(event.slice(6)) as unknown]))
  ) as ReturnType<typeof chunk>[];
  return { out, parts: chunks.flatMap(({ candidates }) => (candidates[0]?.content?.parts ?? []) as Part[]) };
}

const textOf = (parts: Part[]) => parts.map(({ text = '', thought }) => (thought ? '' : text)).join('');
const callsOf = (parts: Part[]) => parts.flatMap(({ functionCall }) => functionCall ?? []);

describe('[API-7] calls in the answer of a Gemini client', () => {
  it.each(['sse', 'array'] as const)('are parts of their own, cut anywhere: %s', (framing) => {
    const text = `One <b> ${CALL}\n <${TOOL}>{"n":12345678901234567890}</${TOOL}> Two`;
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: text.length })),
        fc.array(fc.nat({ max: 4_000 })),
        (places, cuts) => {
          const borders = [0, ...places.toSorted((a, b) => a - b), text.length];
          const texts = borders.slice(1).map((border, index) => text.slice(borders[index], border));
          const last = chunk([], { finishReason: 'STOP' });
          const { parts, out } = run(
            envelop([...texts.map((each) => chunk([{ text: each }])), last]),
            framing,
            cuts,
          );
          expect(textOf(parts)).toBe('One <b> Two');
          expect(callsOf(parts).map(({ name }) => name)).toEqual([TOOL, TOOL]);
          expect(out).toContain('{"n":12345678901234567890}');
          const firstCall = parts.findIndex(({ functionCall }) => functionCall !== undefined);
          expect(textOf(parts.slice(0, firstCall))).toBe('One <b> ');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('thoughts, native calls, signatures, pictures and all other fields stay, in their order', () => {
    const { parts, out } = run(
      envelop([
        chunk([{ text: `hm ${CALL}`, thought: true }]),
        chunk([{ text: `Yes ${CALL}`, thoughtSignature: 'sig' }], { groundingMetadata: { a: 1 } }),
        chunk([{ text: '<mcp__' }, { functionCall: { id: 'f1', name: 'ls', args: {} } }, { inlineData: {} }]),
        chunk([{ text: '', thoughtSignature: 'end' }], { finishReason: 'STOP', avgLogprobs: -1.5 }),
      ]),
      'sse',
    );
    expect(parts).toEqual([
      { text: `hm ${CALL}`, thought: true },
      { text: 'Yes ' },
      { functionCall: { name: TOOL, args: { n: 1 } }, thoughtSignature: 'sig' },
      { text: '<mcp__' },
      { functionCall: { id: 'f1', name: 'ls', args: {} } },
      { inlineData: {} },
      { text: '', thoughtSignature: 'end' },
    ]);
    expect(out).toContain('"groundingMetadata":{"a":1}');
    expect(out).toContain('"avgLogprobs":-1.5');
  });

  it.each(['MAX_TOKENS', 'STOP', 'SAFETY'])(
    'a call without an end is text when the answer ends: %s',
    (finishReason) => {
      const text = `Well <${TOOL}>{"n":"…`;
      for (const content of [{}, { content: { role: 'model', parts: [] } }]) {
        const last = { candidates: [{ index: 0, finishReason, ...content }] };
        const { parts } = run(envelop([...[...text].map((each) => chunk([{ text: each }])), last]), 'sse');
        expect([textOf(parts), callsOf(parts)]).toEqual([text, []]);
      }
    },
  );

  it('of several candidates each has its own text', () => {
    const half = CALL.slice(0, 20);
    const say = (text: string, index: number) => ({ index, content: { role: 'model', parts: [{ text }] } });
    const end = [
      { finishReason: 'STOP', index: 0 },
      { finishReason: 'STOP', index: 1 },
    ];
    const bytes = envelop([
      { candidates: [say(half, 0), say('no', 1)] },
      { candidates: [say(CALL.slice(20), 0), say(' call', 1)] },
      { candidates: end },
    ]);
    const unwrapper = createCodeAssistUnwrapper({ mcpTools: [TOOL] });
    const out = Buffer.concat([unwrapper.push(bytes), unwrapper.end()]).toString();
    expect(out.match(/functionCall/gu)).toHaveLength(1);
    expect(out).toContain('"text":"no"');
    expect(out).not.toContain('<mcp__notes__read>');
  });

  it('a plain answer', () => {
    const response = chunk([{ text: `Yes ${CALL}` }, { text: ' and on' }], { finishReason: 'STOP' });
    const inner = unwrapCodeAssistAnswer(Buffer.from(JSON.stringify({ response })), [TOOL]);
    expect(JSON.parse(String(inner))).toMatchObject({
      candidates: [
        { content: { parts: [{ text: 'Yes ' }, { functionCall: { name: TOOL } }, { text: 'and on' }] } },
      ],
      usageMetadata: { totalTokenCount: 3 },
    });
  });

  it('[API-2] what holds no call passes byte by byte, and garbage as well', () => {
    for (const response of [
      '{"candidates":[{"content":{"parts":[{"text":"a \\u003cb \\u003e 1.0"}]},"n":1.0,"finishReason":"STOP"}]}',
      '{ "candidates" : "<" }',
      '{"candidates":[null,{"content":{"parts":["<",null,{"text":1}]}}]}',
      '{"promptFeedback":{"blockReason":"<"}}',
    ]) {
      expect(String(unwrapCodeAssistAnswer(Buffer.from(`{"response":${response}}`), [TOOL]))).toBe(response);
    }
  });
});

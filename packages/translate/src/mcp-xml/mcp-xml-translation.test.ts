import { describe, expect, it } from 'vitest';
import type { AnswerContext } from '../conversation/answer-context.ts';
import type { JsonObject } from '../json/json-object.ts';
import { buildOptions, translateStream } from '../testing/translate-stream.ts';
import { translateAnswer } from '../translate-answer.ts';
import { translateRequest } from '../translate-request.ts';

const TOOL = 'mcp__notes__read';
const OPTIONS = {
  from: 'messages',
  to: 'gemini',
  upstreamModel: 'claude-sonnet-4-5',
  stream: true,
  outputTokensMax: null,
  isCodeAssist: true,
} as const;

function translate(
  tools: string[],
  injectsMcpXml: boolean,
  fields: object = {},
): { body: JsonObject; context: AnswerContext } {
  const request = {
    max_tokens: 10,
    system: 'Be brief.',
    tools: tools.map((name) => ({ name, input_schema: { type: 'object' } })),
    messages: [{ role: 'user', content: 'Read.' }],
    ...fields,
  };
  const result = translateRequest(Buffer.from(JSON.stringify(request)), { ...OPTIONS, injectsMcpXml });
  if (!result.ok) throw new Error(result.message);
  return { body: JSON.parse(Buffer.from(result.body).toString()) as JsonObject, context: result.context };
}

const ANSWER = {
  candidates: [{ content: { parts: [{ text: `Yes. <${TOOL}>{"n":1}</${TOOL}>` }] }, finishReason: 'STOP' }],
};

describe('[API-7] MCP tools in XML, from request to answer', () => {
  it('the convention and the tools stand behind the system text, and are no functions any more', () => {
    const { body, context } = translate(['Bash', TOOL], true);
    expect(JSON.stringify(body['systemInstruction'])).toMatch(
      /"Be brief\.\\n\\n# Calling MCP tools.*mcp__notes__read.*Arguments: \{\\"type\\":\\"object/u,
    );
    expect(JSON.stringify(body['tools'])).toContain('Bash');
    expect(JSON.stringify(body['tools'])).not.toContain(TOOL);
    expect(context.mcpTools).toEqual([TOOL]);
    expect(structuredClone(context)).toEqual(context);
  });

  it('nothing is said to a request without MCP tools, or where the group does not want it', () => {
    for (const { body, context } of [translate(['Bash'], true), translate([TOOL], false)]) {
      expect(JSON.stringify(body['systemInstruction'])).not.toContain('MCP');
      expect(context.mcpTools).toBeUndefined();
    }
  });

  it('the history says in text what it said in calls and results, the others stay', () => {
    const messages = [
      { role: 'user', content: 'Read.' },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 't1', name: 'Bash', input: {} },
          { type: 'tool_use', id: 't2', name: TOOL, input: { n: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't2', content: 'gone', is_error: true },
          { type: 'tool_result', tool_use_id: 't1', content: 'done' },
        ],
      },
    ];
    const { body } = translate(['Bash', TOOL], true, { messages });
    expect((body['contents'] as JsonObject[]).slice(1)).toMatchObject([
      { parts: [{ functionCall: { name: 'Bash' } }, { text: `<${TOOL}>{"n":1}</${TOOL}>` }] },
      { parts: [{ functionResponse: { id: 't1' } }] },
      { parts: [{ text: `<tool_result name="${TOOL}" is_error="true">\ngone\n</tool_result>` }] },
    ]);
  });

  it.each([
    [{ type: 'any' }, ['Bash', TOOL], { mode: 'AUTO' }, 'You must call a tool now.'],
    [{ type: 'tool', name: TOOL }, ['Bash', TOOL], { mode: 'NONE' }, `You must call this tool now: ${TOOL}.`],
    [{ type: 'tool', name: TOOL }, [TOOL], undefined, `You must call this tool now: ${TOOL}.`],
    [{ type: 'tool', name: 'Bash' }, ['Bash', TOOL], { mode: 'ANY', allowedFunctionNames: ['Bash'] }, null],
    [{ type: 'none' }, ['Bash', TOOL], { mode: 'NONE' }, null],
  ])('a choice %j of %j is %j for functions, and %j in words', (tool_choice, tools, calling, words) => {
    const { body, context } = translate(tools, true, { tool_choice });
    expect((body['toolConfig'] as JsonObject | undefined)?.['functionCallingConfig']).toEqual(calling);
    const system = JSON.stringify(body['systemInstruction']);
    if (words === null) expect([system.includes('MCP'), context.mcpTools]).toEqual([false, undefined]);
    else expect([system.includes(words), context.mcpTools]).toEqual([true, [TOOL]]);
  });

  it('calls in the answer are tool calls for the client, streamed and not', () => {
    const { context } = translate([TOOL], true);
    const options = buildOptions('gemini', 'messages', { context });
    const plain = translateAnswer(Buffer.from(JSON.stringify(ANSWER)), options);
    expect(JSON.parse(Buffer.from(plain?.body ?? []).toString())).toMatchObject({
      content: [
        { type: 'text', text: 'Yes. ' },
        { type: 'tool_use', name: TOOL, input: { n: 1 } },
      ],
      stop_reason: 'tool_use',
    });
    const event = Buffer.from(`data: ${JSON.stringify(ANSWER)}\r\n\r\n`);
    const streamed = translateStream([event], options).bytes.toString();
    expect(streamed).toContain(`"name":"${TOOL}"`);
    expect(streamed).toContain('"stop_reason":"tool_use"');
    expect(streamed).not.toContain(`<${TOOL}>`);
  });

  it('text that looks like a call stays text where nothing was asked for', () => {
    const { context } = translate([TOOL], false);
    const plain = translateAnswer(
      Buffer.from(JSON.stringify(ANSWER)),
      buildOptions('gemini', 'messages', { context }),
    );
    expect(JSON.parse(Buffer.from(plain?.body ?? []).toString())).toMatchObject({ stop_reason: 'end_turn' });
  });

  it.each(['mcp__notes__', 'mcp__notes'])(
    '[API-8] a tool in the namespace %s of Codex, and back',
    (namespace) => {
      const request = {
        model: 'm',
        input: [
          { role: 'user', content: 'Read.' },
          { type: 'function_call', call_id: 'c1', name: 'read', namespace, arguments: '{"n":1}' },
          { type: 'function_call_output', call_id: 'c1', output: 'one' },
        ],
        tools: [{ type: 'namespace', name: namespace, tools: [{ type: 'function', name: 'read' }] }],
      };
      const result = translateRequest(Buffer.from(JSON.stringify(request)), {
        ...OPTIONS,
        from: 'responses',
        injectsMcpXml: true,
      });
      if (!result.ok) throw new Error(result.message);
      const body = Buffer.from(result.body).toString();
      expect(body).toContain(`## ${TOOL}`);
      expect(body).toContain(`<tool_result name=\\"${TOOL}\\">\\none`);
      expect(body).not.toMatch(/functionDeclarations|functionCall|functionResponse/u);
      const options = buildOptions('gemini', 'responses', { context: result.context });
      const plain = translateAnswer(Buffer.from(JSON.stringify(ANSWER)), options);
      expect(JSON.parse(Buffer.from(plain?.body ?? []).toString())).toMatchObject({
        output: [
          { type: 'message' },
          { type: 'function_call', name: 'read', namespace, arguments: '{"n":1}' },
        ],
      });
    },
  );
});

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

function translate(tools: string[], injectsMcpXml: boolean): { body: JsonObject; context: AnswerContext } {
  const request = {
    max_tokens: 10,
    system: 'Be brief.',
    tools: tools.map((name) => ({ name, input_schema: { type: 'object' } })),
    messages: [{ role: 'user', content: 'Read.' }],
  };
  const result = translateRequest(Buffer.from(JSON.stringify(request)), { ...OPTIONS, injectsMcpXml });
  if (!result.ok) throw new Error(result.message);
  return { body: JSON.parse(Buffer.from(result.body).toString()) as JsonObject, context: result.context };
}

const ANSWER = {
  candidates: [{ content: { parts: [{ text: `Yes. <${TOOL}>{"n":1}</${TOOL}>` }] }, finishReason: 'STOP' }],
};

describe('[API-7] MCP tools in XML, from request to answer', () => {
  it('the convention stands behind the system text, and the tools are there as before', () => {
    const { body, context } = translate(['Bash', TOOL], true);
    expect(JSON.stringify(body['systemInstruction'])).toMatch(
      /"Be brief\.\\n\\n# Calling MCP tools.*mcp__notes__read/u,
    );
    expect(JSON.stringify(body['tools'])).toContain(TOOL);
    expect(context.mcpTools).toEqual([TOOL]);
    expect(structuredClone(context)).toEqual(context);
  });

  it('nothing is said to a request without MCP tools, or where the group does not want it', () => {
    for (const { body, context } of [translate(['Bash'], true), translate([TOOL], false)]) {
      expect(JSON.stringify(body['systemInstruction'])).not.toContain('MCP');
      expect(context.mcpTools).toBeUndefined();
    }
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
});

import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI, type FunctionCall, type Part } from '@google/genai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MCP_RESULT, MCP_TOOL, OWN_TOOL } from '../harness/mcp-conversation.ts';
import { MCP_MODEL, scriptXmlTurn, startMcpXmlSite, type McpXmlSite } from '../harness/mcp-xml-site.ts';

const SCHEMA = { type: 'object' as const, properties: { note: { type: 'string' } } };
const QUESTION = 'What does the note say?';

/** Official SDKs on a group whose MCP tools are called in XML: for them it is a tool like any other (API-8). */
describe('MCP tools in XML', () => {
  let site: McpXmlSite;

  beforeAll(async () => {
    site = await startMcpXmlSite();
  });
  afterEach(() => site.reset());
  afterAll(() => site.stop());

  const createChat = () => {
    const { gateway, key } = site.at('xml');
    const sdk = new GoogleGenAI({ apiKey: key, vertexai: false, httpOptions: { baseUrl: gateway } });
    const functionDeclarations = [OWN_TOOL, MCP_TOOL].map((name) => ({ name, parametersJsonSchema: SCHEMA }));
    return sdk.chats.create({ model: MCP_MODEL, config: { tools: [{ functionDeclarations }] } });
  };
  const answer = (call: FunctionCall | undefined): Part[] => [
    { functionResponse: { name: call?.name ?? '', response: { output: MCP_RESULT } } },
  ];

  it('[API-7] [API-8] Google GenAI: a chat, streamed', async () => {
    site.simulator.setScript(scriptXmlTurn);
    const chat = createChat();
    const calls: FunctionCall[] = [];
    let text = '';
    for await (const chunk of await chat.sendMessageStream({ message: QUESTION })) {
      text += chunk.candidates?.[0]?.content?.parts?.map((part) => part.text ?? '').join('') ?? '';
      calls.push(...(chunk.functionCalls ?? []));
    }
    expect([text, calls]).toEqual(['Let me look. ', [{ name: MCP_TOOL, args: { note: 'a' } }]]);
    let said = '';
    for await (const chunk of await chat.sendMessageStream({ message: answer(calls[0]) }))
      said += chunk.text ?? '';
    expect(said).toBe(`The tool says: ${MCP_RESULT}`);
  });

  it('[API-7] [API-8] Google GenAI: a chat, plain', async () => {
    site.simulator.setScript(scriptXmlTurn);
    const chat = createChat();
    const asked = await chat.sendMessage({ message: QUESTION });
    expect(asked.functionCalls).toEqual([{ name: MCP_TOOL, args: { note: 'a' } }]);
    const told = await chat.sendMessage({ message: answer(asked.functionCalls?.[0]) });
    expect(told.text).toBe(`The tool says: ${MCP_RESULT}`);
  });

  it('[API-7] [API-8] Anthropic: one turn, streamed', async () => {
    site.simulator.setScript(scriptXmlTurn);
    const { gateway, key } = site.at('xml');
    const sdk = new Anthropic({ apiKey: key, baseURL: gateway });
    const tools = [OWN_TOOL, MCP_TOOL].map((name) => ({ name, input_schema: SCHEMA }));
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: QUESTION }];
    const ask = () =>
      sdk.messages.stream({ model: MCP_MODEL, max_tokens: 100, tools, messages }).finalMessage();
    const first = await ask();
    const call = first.content.find((block) => block.type === 'tool_use');
    expect([first.stop_reason, call]).toMatchObject(['tool_use', { name: MCP_TOOL, input: { note: 'a' } }]);
    messages.push(
      { role: 'assistant', content: first.content },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: MCP_RESULT }],
      },
    );
    const second = await ask();
    expect(second.content).toMatchObject([{ type: 'text', text: `The tool says: ${MCP_RESULT}` }]);
  });
});

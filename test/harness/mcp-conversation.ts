import type { Wire } from './wire-client.ts';

/** A tool of an MCP server, as clients name it. */
export const MCP_TOOL = 'mcp__notes__read';
/** A tool of the client's own. */
export const OWN_TOOL = 'read_file';
export const MCP_RESULT = 'the number is 4711';

const SCHEMA = { type: 'object', properties: { note: { type: 'string' } }, required: ['note'] };
const DESCRIPTION = 'Reads a note.';
const QUESTION = 'What does the note say?';

/** A call as the model writes it. */
export function writeCall(json: string, name = MCP_TOOL): string {
  return `<${name}>${json}</${name}>`;
}

/** What the body of a request holds beside the model: both tools, and, for a second turn, the first one with its result. */
export function buildMcpFields(client: Wire, isSecondTurn: boolean): Record<string, unknown> {
  return { ...TOOLS[client](), ...(isSecondTurn && TURNS[client]()) };
}

const NAMES = [OWN_TOOL, MCP_TOOL];
const INPUT = { note: 'a' };

const TOOLS: Readonly<Record<Wire, () => Record<string, unknown>>> = {
  messages: () => ({
    tools: NAMES.map((name) => ({ name, description: DESCRIPTION, input_schema: SCHEMA })),
  }),
  chat: () => ({
    tools: NAMES.map((name) => ({
      type: 'function',
      function: { name, description: DESCRIPTION, parameters: SCHEMA },
    })),
  }),
  responses: () => ({
    tools: NAMES.map((name) => ({
      type: 'function',
      name,
      description: DESCRIPTION,
      parameters: SCHEMA,
      strict: false,
    })),
  }),
  gemini: () => ({
    tools: [
      {
        functionDeclarations: NAMES.map((name) => ({
          name,
          description: DESCRIPTION,
          parametersJsonSchema: SCHEMA,
        })),
      },
    ],
  }),
};

const TURNS: Readonly<Record<Wire, () => Record<string, unknown>>> = {
  messages: () => ({
    messages: [
      { role: 'user', content: QUESTION },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: MCP_TOOL, input: INPUT }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: MCP_RESULT }] },
    ],
  }),
  chat: () => ({
    messages: [
      { role: 'user', content: QUESTION },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: MCP_TOOL, arguments: JSON.stringify(INPUT) } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: MCP_RESULT },
    ],
  }),
  responses: () => ({
    input: [
      { role: 'user', content: QUESTION },
      { type: 'function_call', call_id: 'call_1', name: MCP_TOOL, arguments: JSON.stringify(INPUT) },
      { type: 'function_call_output', call_id: 'call_1', output: MCP_RESULT },
    ],
  }),
  gemini: () => ({
    contents: [
      { role: 'user', parts: [{ text: QUESTION }] },
      { role: 'model', parts: [{ functionCall: { name: MCP_TOOL, args: INPUT } }] },
      { role: 'user', parts: [{ functionResponse: { name: MCP_TOOL, response: { output: MCP_RESULT } } }] },
    ],
  }),
};

import { buildMessage, KEY, MODEL, postMessages } from './client.ts';
import { callProtocol, MODELS, type CallOptions } from './protocol-client.ts';

export const WIRE = ['messages', 'chat', 'responses', 'gemini'] as const;
export type Wire = (typeof WIRE)[number];

/** A model of the platform that speaks the protocol. */
export const WIRE_MODELS: Readonly<Record<Wire, string>> = { messages: MODEL, ...MODELS };

/** The same question in each of the four protocols. */
export function callWire(gateway: string, protocol: Wire, options: CallOptions = {}): Promise<Response> {
  if (protocol !== 'messages') return callProtocol(gateway, protocol, options);
  const { stream, model = MODEL, fields, key = KEY, body, signal } = options;
  const text = 'Say hello, and nothing else.';
  const turns = { messages: [{ role: 'user', content: text }] };
  return postMessages(
    gateway,
    body ?? buildMessage({ model, ...turns, ...(stream && { stream }), ...fields }),
    { 'x-api-key': key },
    signal === undefined ? {} : { signal },
  );
}

/** One tool without which nothing could be read, in each protocol. */
export const READ_TOOL: Readonly<Record<Wire, Record<string, unknown>>> = {
  messages: { tools: [{ name: 'read_file', description: 'Reads.', input_schema: buildSchema() }] },
  chat: {
    tools: [
      { type: 'function', function: { name: 'read_file', description: 'Reads.', parameters: buildSchema() } },
    ],
  },
  responses: {
    tools: [{ type: 'function', name: 'read_file', description: 'Reads.', parameters: buildSchema() }],
  },
  gemini: {
    tools: [
      {
        functionDeclarations: [
          { name: 'read_file', description: 'Reads.', parametersJsonSchema: buildSchema() },
        ],
      },
    ],
  },
};

function buildSchema(): object {
  return { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
}

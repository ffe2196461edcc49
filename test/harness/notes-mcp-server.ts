import { createInterface } from 'node:readline';

/** An MCP server over stdio with one tool, `read`, as small as one can be: run by a client under test. */
interface Call {
  id?: number | string;
  method?: string;
  params?: { protocolVersion?: string; name?: string };
}

const NOTE = process.argv[2] ?? '';
const TOOL = {
  name: 'read',
  description: 'Reads a note.',
  inputSchema: { type: 'object', properties: { note: { type: 'string' } }, required: ['note'] },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method = '', params = {} } = JSON.parse(line) as Call;
  // A notification.
  if (id === undefined) return;
  const result = answer(method, params);
  const body = result === null ? { error: { code: -32_601, message: `no ${method}` } } : { result };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...body })}\n`);
});

function answer(method: string, { protocolVersion, name }: NonNullable<Call['params']>): object | null {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'notes', version: '1.0.0' },
      };
    case 'ping':
      return {};
    case 'tools/list':
      return { tools: [TOOL] };
    case 'tools/call':
      return name === TOOL.name ? { content: [{ type: 'text', text: NOTE }] } : null;
    default:
      return null;
  }
}

/** What the simulator reads of a Messages request: loosely, as clients send more than we know. */
export interface MessagesRequest {
  model: string;
  max_tokens: number;
  stream: boolean;
  /** All text of system, messages and tools that is not marked for caching. */
  plainText: string;
  /** The text of blocks with `cache_control`. */
  cachedText: string;
  /** The text of the last user message. */
  lastUserText: string;
  /** The tool to call, when the request forces one. */
  forcedTool: string | null;
}

interface Block {
  text?: unknown;
  content?: unknown;
  cache_control?: unknown;
}

/** `wrong` names the field in the provider's words: `messages: Field required`. */
export function parseMessagesRequest(json: unknown, isCount: boolean): MessagesRequest | { wrong: string } {
  if (typeof json !== 'object' || json === null) return { wrong: 'The request body is not valid JSON' };
  const body = json as Record<string, unknown>;
  if (typeof body['model'] !== 'string') return { wrong: 'model: Field required' };
  if (!Array.isArray(body['messages'])) return { wrong: 'messages: Field required' };
  if (!isCount && typeof body['max_tokens'] !== 'number') return { wrong: 'max_tokens: Field required' };
  const messages = body['messages'] as { role?: unknown; content?: unknown }[];
  const texts = { plain: [] as string[], cached: [] as string[] };
  collectText(body['system'], texts);
  for (const message of messages) collectText(message.content, texts);
  if (Array.isArray(body['tools'])) texts.plain.push(JSON.stringify(body['tools']));
  return {
    model: body['model'],
    max_tokens: typeof body['max_tokens'] === 'number' ? body['max_tokens'] : 0,
    stream: body['stream'] === true,
    plainText: texts.plain.join(''),
    cachedText: texts.cached.join(''),
    lastUserText: readLastUserText(messages),
    forcedTool: readForcedTool(body),
  };
}

function collectText(content: unknown, texts: { plain: string[]; cached: string[] }): void {
  if (typeof content === 'string') texts.plain.push(content);
  if (!Array.isArray(content)) return;
  for (const block of content as Block[]) {
    if (typeof block.text === 'string') (block.cache_control ? texts.cached : texts.plain).push(block.text);
    collectText(block.content, texts);
  }
}

function readLastUserText(messages: { role?: unknown; content?: unknown }[]): string {
  const texts = { plain: [] as string[], cached: [] as string[] };
  collectText(messages.findLast((message) => message.role === 'user')?.content, texts);
  return [...texts.cached, ...texts.plain].join('');
}

function readForcedTool(body: Record<string, unknown>): string | null {
  const choice = body['tool_choice'] as { type?: unknown; name?: unknown } | undefined;
  const tools = Array.isArray(body['tools']) ? (body['tools'] as { name?: unknown }[]) : [];
  if (choice?.type === 'tool' && typeof choice.name === 'string') return choice.name;
  const first = tools[0]?.name;
  return choice?.type === 'any' && typeof first === 'string' ? first : null;
}

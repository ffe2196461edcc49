import type { Wire } from './wire-client.ts';

/** What a client makes of an answer. */
export interface ReadAnswer {
  text: string;
  tools: { name: string; input: unknown }[];
  /** In the protocol's own word. */
  finish: string;
}

/** A whole answer as its client reads it: plain, or the data of all events. */
export function readAnswer(protocol: Wire, body: string, isStream: boolean): ReadAnswer {
  const parts = isStream ? listEvents(body) : [JSON.parse(body) as unknown];
  switch (protocol) {
    case 'messages':
      return isStream ? readMessagesStream(parts as MessagesEvent[]) : readMessage(parts[0] as Message);
    case 'chat':
      return readChat(parts as ChatPart[]);
    case 'responses':
      return readResponse(parts.at(-1) as ResponsePart);
    case 'gemini':
      return readGemini(parts as GeminiChunk[]);
  }
}

function listEvents(body: string): unknown[] {
  return body.split(/\r?\n\r?\n/u).flatMap((event) => {
    const data = event.split(/\r?\n/u).find((line) => line.startsWith('data: '));
    return data === undefined || data === 'data: [DONE]' ? [] : [JSON.parse(data.slice(6)) as unknown];
  });
}

interface Block {
  type: string;
  text?: string;
  name?: string;
  input?: unknown;
}

interface Message {
  content: Block[];
  stop_reason: string;
}

interface MessagesEvent {
  type: string;
  index: number;
  content_block: Block;
  delta: { text?: string; partial_json?: string; stop_reason?: string };
}

function readMessage({ content, stop_reason }: Message): ReadAnswer {
  return {
    text: content.map(({ text = '' }) => text).join(''),
    tools: content.filter(({ type }) => type === 'tool_use').map(({ name = '', input }) => ({ name, input })),
    finish: stop_reason,
  };
}

function readMessagesStream(events: MessagesEvent[]): ReadAnswer {
  const content: Block[] = [];
  const inputs: string[] = [];
  let stop_reason = '';
  for (const { type, index, content_block, delta } of events) {
    if (type === 'content_block_start') content[index] = { ...content_block };
    if (type === 'message_delta') stop_reason = delta.stop_reason ?? '';
    const block = content[index];
    if (type !== 'content_block_delta' || block === undefined) continue;
    block.text = (block.text ?? '') + (delta.text ?? '');
    inputs[index] = (inputs[index] ?? '') + (delta.partial_json ?? '');
  }
  for (const [index, block] of content.entries())
    if (block.type === 'tool_use') block.input = JSON.parse(inputs[index] ?? '');
  return readMessage({ content, stop_reason });
}

interface ChatSaid {
  content?: string | null;
  tool_calls?: { index?: number; function: { name?: string; arguments?: string } }[];
}

interface ChatPart {
  choices: { message?: ChatSaid; delta?: ChatSaid; finish_reason: string | null }[];
}

function readChat(parts: ChatPart[]): ReadAnswer {
  const answer: ReadAnswer = { text: '', tools: [], finish: '' };
  const inputs: string[] = [];
  for (const { message, delta, finish_reason } of parts.flatMap(({ choices }) => choices)) {
    const { content, tool_calls = [] } = message ?? delta ?? {};
    answer.text += content ?? '';
    answer.finish = finish_reason ?? answer.finish;
    for (const [at, { index = at, function: called }] of tool_calls.entries()) {
      answer.tools[index] ??= { name: called.name ?? '', input: null };
      inputs[index] = (inputs[index] ?? '') + (called.arguments ?? '');
    }
  }
  for (const [index, tool] of answer.tools.entries()) tool.input = JSON.parse(inputs[index] ?? '');
  return answer;
}

interface Response {
  status: string;
  output: { type: string; content?: { text?: string }[]; name?: string; arguments?: string }[];
}

type ResponsePart = Response | { response: Response };

function readResponse(part: ResponsePart): ReadAnswer {
  const { output, status } = 'response' in part ? part.response : part;
  return {
    text: output.flatMap(({ content = [] }) => content.map(({ text = '' }) => text)).join(''),
    tools: output
      .filter(({ type }) => type === 'function_call')
      .map((call) => ({ name: call.name ?? '', input: JSON.parse(call.arguments ?? '') as unknown })),
    finish: status,
  };
}

interface GeminiChunk {
  candidates?: {
    content?: { parts?: { text?: string; functionCall?: { name: string; args: unknown } }[] };
    finishReason?: string;
  }[];
}

function readGemini(chunks: GeminiChunk[]): ReadAnswer {
  const candidates = chunks.flatMap((chunk) => chunk.candidates ?? []);
  const parts = candidates.flatMap(({ content }) => content?.parts ?? []);
  return {
    text: parts.map(({ text = '' }) => text).join(''),
    tools: parts.flatMap(({ functionCall }) =>
      functionCall ? [{ name: functionCall.name, input: functionCall.args }] : [],
    ),
    finish: candidates.findLast(({ finishReason }) => finishReason)?.finishReason ?? '',
  };
}

import type { Wire } from './wire-client.ts';

/** What a client makes of an answer. */
export interface ReadAnswer {
  text: string;
  tools: { name: string; input: unknown }[];
  /** In the protocol's own word. */
  finish: string;
}

type Json = Record<string, any>;

/** A whole answer as its client reads it: plain, or the data of all events. */
export function readAnswer(protocol: Wire, body: string, stream: boolean): ReadAnswer {
  if (!stream) return READERS[protocol]([JSON.parse(body) as Json], false);
  const events = body.split(/\r?\n\r?\n/u).flatMap((event) => {
    const data = event.split(/\r?\n/u).find((line) => line.startsWith('data: '));
    return data === undefined || data === 'data: [DONE]' ? [] : [JSON.parse(data.slice(6)) as Json];
  });
  return READERS[protocol](events, true);
}

const READERS: Record<Wire, (parts: Json[], stream: boolean) => ReadAnswer> = {
  messages: (parts, stream) => (stream ? readMessagesStream(parts) : readMessage(parts[0] ?? {})),
  chat: readChat,
  responses: (parts) => readResponse(parts.at(-1) ?? {}),
  gemini: readGemini,
};

function readMessage({ content = [], stop_reason }: Json): ReadAnswer {
  return {
    text: content.map(({ text = '' }: Json) => text).join(''),
    tools: content
      .filter(({ type }: Json) => type === 'tool_use')
      .map(({ name, input }: Json) => ({ name, input })),
    finish: stop_reason,
  };
}

function readMessagesStream(events: Json[]): ReadAnswer {
  const content: Json[] = [];
  let stop_reason = '';
  for (const event of events) {
    if (event['type'] === 'content_block_start') content[event['index']] = { ...event['content_block'] };
    if (event['type'] === 'message_delta') stop_reason = event['delta'].stop_reason;
    if (event['type'] !== 'content_block_delta') continue;
    const block = content[event['index']] ?? {};
    block['text'] = (block['text'] ?? '') + (event['delta'].text ?? '');
    block['json'] = (block['json'] ?? '') + (event['delta'].partial_json ?? '');
  }
  for (const block of content) if (block['type'] === 'tool_use') block['input'] = JSON.parse(block['json']);
  return readMessage({ content, stop_reason });
}

function readChat(parts: Json[], stream: boolean): ReadAnswer {
  const answer: ReadAnswer = { text: '', tools: [], finish: '' };
  const texts: string[] = [];
  for (const choice of parts.flatMap(({ choices = [] }) => choices as Json[])) {
    const said: Json = stream ? choice['delta'] : choice['message'];
    answer.text += said['content'] ?? '';
    answer.finish = choice['finish_reason'] ?? answer.finish;
    for (const [at, call] of ((said['tool_calls'] ?? []) as Json[]).entries()) {
      const index: number = call['index'] ?? at;
      answer.tools[index] ??= { name: call['function'].name, input: null };
      texts[index] = (texts[index] ?? '') + (call['function'].arguments ?? '');
    }
  }
  for (const [index, tool] of answer.tools.entries()) tool.input = JSON.parse(texts[index] ?? '');
  return answer;
}

function readResponse(last: Json): ReadAnswer {
  const response: Json = last['response'] ?? last;
  const output = (response['output'] ?? []) as Json[];
  return {
    text: output.flatMap(({ content = [] }) => content.map(({ text = '' }: Json) => text)).join(''),
    tools: output
      .filter(({ type }) => type === 'function_call')
      .map((call) => ({ name: call['name'], input: JSON.parse(call['arguments']) })),
    finish: response['status'],
  };
}

function readGemini(chunks: Json[]): ReadAnswer {
  const candidates = chunks.flatMap((chunk) => (chunk['candidates'] ?? []) as Json[]);
  const parts = candidates.flatMap(({ content }) => (content?.parts ?? []) as Json[]);
  return {
    text: parts.map(({ text = '' }) => text).join(''),
    tools: parts.flatMap(({ functionCall }) =>
      functionCall ? [{ name: functionCall.name, input: functionCall.args }] : [],
    ),
    finish: candidates.findLast(({ finishReason }) => finishReason)?.['finishReason'] ?? '',
  };
}

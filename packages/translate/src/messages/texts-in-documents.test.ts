import { findRequestFault } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import { WIRE_PROTOCOLS, type WireProtocol } from '../conversation/wire-protocol.ts';
import type { RequestTranslation } from '../request-translation.ts';
import { translateRequest } from '../translate-request.ts';

const MODELS = { chat: 'gpt-4.1', responses: 'gpt-5', gemini: 'gemini-3-pro' } as const;
const TARGETS = WIRE_PROTOCOLS.filter((to) => to !== 'messages');
const FOUND = {
  type: 'search_result',
  title: 'Bridges',
  source: 'https://example.com/b',
  content: [
    { type: 'text', text: 'They are long.' },
    { type: 'text', text: 'Some sing.' },
  ],
  citations: { enabled: true },
};
const PLAIN = {
  type: 'document',
  title: 'Notes',
  source: { type: 'text', media_type: 'text/plain', data: 'No rain.' },
};
const PIECES = {
  type: 'document',
  source: {
    type: 'content',
    content: [
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.' },
    ],
  },
};

function translate(messages: object[], to: WireProtocol): RequestTranslation {
  const body = Buffer.from(JSON.stringify({ model: 'm', max_tokens: 9, messages }));
  const upstreamModel = to === 'messages' ? '' : MODELS[to];
  return translateRequest(body, {
    from: 'messages',
    to,
    upstreamModel,
    stream: false,
    outputTokensMax: null,
  });
}

function read(messages: object[], to: Exclude<WireProtocol, 'messages'>): string {
  const result = translate(messages, to);
  if (!result.ok) throw new Error(result.message);
  const text = Buffer.from(result.body).toString();
  expect(findRequestFault(to, JSON.parse(text), { model: MODELS[to] })).toBeNull();
  return text;
}

const answerWith = (content: unknown) => [
  { role: 'user', content: 'Look.' },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'find', input: {} }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content }] },
];

describe.each(TARGETS)('texts that a Messages client sends as documents, → %s', (to) => {
  it('[API-3] a search result goes on with its title, its source and all its texts', () => {
    const said = 'Bridges\\n\\nhttps://example.com/b\\n\\nThey are long.\\n\\nSome sing.';
    expect(read([{ role: 'user', content: [FOUND] }], to)).toContain(said);
    expect(read(answerWith([FOUND]), to)).toContain(said);
  });

  it('[API-3] documents in a tool result are words of it, and no media', () => {
    const sent = read(answerWith([{ type: 'text', text: 'See:' }, PLAIN, PIECES]), to);
    expect(sent).toContain('Notes\\n\\nNo rain.');
    expect(sent).toContain('One.\\n\\nTwo.');
  });

  it('[API-3] a document of pieces that are no text is refused by name', () => {
    const content = [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }];
    const document = { type: 'document', source: { type: 'content', content } };
    expect(translate([{ role: 'user', content: [document] }], to)).toMatchObject({
      ok: false,
      param: 'messages.0.content.0.source.content.0',
    });
  });

  it.each([
    [{ content: 7 }],
    [{ content: [7] }],
    [{ title: 7, content: [] }],
    [{ content: [{ type: 'text' }] }],
  ])('[REQ-4] a search result that is none is refused: %j', (fields) => {
    const found = { type: 'search_result', ...fields };
    expect(translate([{ role: 'user', content: [found] }], to).ok).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import type { RequestTranslationOptions } from '../request-translation.ts';
import { translateRequest } from '../translate-request.ts';

function count(body: unknown, { from, to }: Pick<RequestTranslationOptions, 'from' | 'to'>) {
  const result = translateRequest(Buffer.from(JSON.stringify(body)), {
    ...{ from, to, upstreamModel: 'm-1', stream: false, outputTokensMax: null, isCount: true },
  });
  if (!result.ok) return result;
  const { isApproximate } = result;
  return { body: JSON.parse(Buffer.from(result.body).toString()) as object, isApproximate };
}

const MESSAGES = {
  model: 'm',
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'Hi' }],
  tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} } }],
};
const GEMINI = {
  contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
  systemInstruction: { parts: [{ text: 'Be brief.' }] },
  generationConfig: { temperature: 0.5, maxOutputTokens: 9, stopSequences: ['x'] },
};

describe('[API-5] the body of a count', () => {
  it('of Google’s holds the whole request, with the model that it wants inside', () => {
    expect(count(MESSAGES, { from: 'messages', to: 'gemini' })).toMatchObject({
      isApproximate: false,
      body: {
        generateContentRequest: {
          model: 'models/m-1',
          contents: GEMINI.contents,
          systemInstruction: GEMINI.systemInstruction,
          tools: [{ functionDeclarations: [{ name: 'look' }] }],
        },
      },
    });
  });

  it.each([
    ['a conversation', GEMINI],
    ['a whole request', { generateContentRequest: GEMINI }],
    ['a whole request, in snake case', { generate_content_request: GEMINI }],
  ])('of Anthropic’s holds what is read, and nothing about the answer: %s', (_, body) => {
    expect(count(body, { from: 'gemini', to: 'messages' })).toEqual({
      isApproximate: false,
      body: {
        model: 'm-1',
        system: expect.anything() as unknown,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      },
    });
  });

  it.each([null, [], 'text', { generateContentRequest: { contents: 'none' } }])(
    'refuses what is no request: %j',
    (body) => {
      expect(count(body, { from: 'gemini', to: 'messages' })).toMatchObject({ ok: false });
    },
  );
});

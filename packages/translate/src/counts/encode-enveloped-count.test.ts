import { describe, expect, it } from 'vitest';
import type { RequestTranslationOptions } from '../request-translation.ts';
import { translateRequest } from '../translate-request.ts';

const CONTENTS = [{ role: 'user', parts: [{ text: 'Hi' }] }];
const TOOL = { functionDeclarations: [{ name: 'mcp__notes__read' }] };

function count(from: 'gemini' | 'messages', body: unknown, options: Partial<RequestTranslationOptions> = {}) {
  const result = translateRequest(Buffer.from(JSON.stringify(body)), {
    ...{ from, to: 'gemini', upstreamModel: 'm-1', stream: false, outputTokensMax: null },
    ...{ isCodeAssist: true, isCount: true, ...options },
  });
  if (!result.ok) return result;
  return {
    body: JSON.parse(Buffer.from(result.body).toString()) as unknown,
    isApproximate: result.isApproximate,
  };
}

describe('[API-5] the body of a code-assist count', () => {
  it.each([
    ['as a conversation', { contents: CONTENTS }],
    ['as a whole request', { generateContentRequest: { model: 'models/x', contents: CONTENTS } }],
    ['in the other spelling', { generate_content_request: { contents: CONTENTS, generation_config: {} } }],
  ])('a Gemini client asks %s: the contents alone, and the count is exact', (_, body) => {
    expect(count('gemini', body)).toEqual({
      body: { request: { model: 'models/m-1', contents: CONTENTS } },
      isApproximate: false,
    });
  });

  it('system text and tools stand in front as texts, and the count is about so much', () => {
    const fields = { system_instruction: { parts: [{ text: 'Be brief.' }] }, tools: [TOOL] };
    expect(count('gemini', { contents: CONTENTS, ...fields })).toEqual({
      body: {
        request: {
          model: 'models/m-1',
          contents: [
            { role: 'user', parts: [{ text: 'Be brief.' }] },
            { role: 'user', parts: [{ text: JSON.stringify([TOOL]) }] },
            ...CONTENTS,
          ],
        },
      },
      isApproximate: true,
    });
    expect(count('gemini', { contents: CONTENTS, systemInstruction: 'x' })).toMatchObject({
      isApproximate: true,
    });
    expect(count('gemini', { contents: CONTENTS, cachedContent: 'c/1' })).toMatchObject({
      isApproximate: true,
    });
    const empty = { systemInstruction: { parts: [] }, tools: [] };
    expect(count('gemini', { contents: CONTENTS, ...empty })).toMatchObject({ isApproximate: false });
  });

  it('[API-7] MCP tools are counted in the words that the model is told them in', () => {
    const counted = JSON.stringify(
      count('gemini', { contents: CONTENTS, tools: [TOOL] }, { injectsMcpXml: true }),
    );
    expect(counted).toContain('# Calling MCP tools');
    expect(counted).not.toContain('functionDeclarations');
  });

  it('a Messages client, translated', () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    expect(count('messages', { messages })).toEqual({
      body: { request: { model: 'models/m-1', contents: CONTENTS } },
      isApproximate: false,
    });
    expect(count('messages', { messages, system: 'Be brief.' })).toMatchObject({ isApproximate: true });
  });

  it.each([{}, { contents: 'x' }, { generateContentRequest: { contents: 1 } }, [1]])(
    '%j has no contents: refused',
    (body) => {
      expect(count('gemini', body)).toMatchObject({ ok: false, param: 'contents' });
    },
  );
});

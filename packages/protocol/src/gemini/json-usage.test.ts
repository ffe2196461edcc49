import { describe, expect, it } from 'vitest';
import { readCodeAssistJson, readGeminiJson } from './json-usage.ts';

const response = (promptTokenCount: number): object => ({
  candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AA' } }] } }],
  modelVersion: 'g',
  usageMetadata: { promptTokenCount },
});
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('whole Gemini answers', () => {
  it('[MON-8] one object, or an array of a stream, whose last figures win and whose images add up', () => {
    const options = { imageSize: '2k' } as const;
    expect(readGeminiJson(bytes(response(3)), options)?.metered).toMatchObject({
      model: 'g',
      usage: { inputTokens: 3 },
      media: { images2k: 1 },
    });
    expect(readGeminiJson(bytes([response(3), response(4)]), options)?.metered).toMatchObject({
      usage: { inputTokens: 4 },
      media: { images2k: 2 },
      irregular: 0,
    });
  });

  it('[MON-8] Code Assist: inside the envelope', () => {
    const body = bytes({ response: response(5), traceId: 't' });
    expect(readCodeAssistJson(body)?.metered?.usage.inputTokens).toBe(5);
    expect(readCodeAssistJson(bytes({ traceId: 't' }))).toEqual({ metered: null });
  });

  it.each(['', '7', '"x"', 'null', '[1]', '[{"error":{"code":503}}]', '{"candidates":'])(
    'no answer: %s',
    (text) => {
      expect(readGeminiJson(Buffer.from(text))).toBeNull();
    },
  );
});

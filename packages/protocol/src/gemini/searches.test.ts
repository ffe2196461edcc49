import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCodeAssistJson, readGeminiJson } from './json-usage.ts';
import { createCodeAssistStreamMeter, createGeminiStreamMeter } from './stream-meter.ts';

const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 2, totalTokenCount: 12 };
const GROUNDED = 'gemini-3-pro-preview';

function answer(model: string | undefined, webSearchQueries: unknown, finishReason?: string): object {
  return {
    ...(model !== undefined && { modelVersion: model }),
    candidates: [
      {
        content: { role: 'model', parts: [{ text: 'So.' }] },
        ...(finishReason !== undefined && { finishReason }),
        groundingMetadata: { groundingChunks: [{ web: { uri: 'https://example.com' } }], webSearchQueries },
      },
    ],
    usageMetadata,
  };
}

const count = (...answers: object[]): number | undefined =>
  readGeminiJson(Buffer.from(JSON.stringify(answers)))?.metered?.usage.webSearchRequests;

describe('web searches of Gemini', () => {
  it.each([
    ['gemini-2.5-flash', 1],
    ['gemini-2.0-flash-001', 1],
    ['gemini-1.5-pro', 1],
    ['models/gemini-2.5-pro', 1],
    ['gemini-3-pro-preview', 2],
    ['gemini-3.5-flash', 2],
    ['gemini-10-pro', 2],
    [undefined, 2],
  ])('[MON-8] %s: two queries are paid as %i', (model, searches) => {
    expect(count(answer(model, ['who', 'when'], 'STOP'))).toBe(searches);
  });

  it('[MON-8] empty queries, and what is no list of them, cost nothing', () => {
    expect(count(answer(GROUNDED, ['', ' ', 7, null, 'who'], 'STOP'))).toBe(1);
    for (const queries of [undefined, null, 'who', {}, []]) {
      expect(count(answer(GROUNDED, queries, 'STOP'))).toBe(0);
    }
    expect(count({ candidates: [null, { groundingMetadata: [] }], usageMetadata })).toBe(0);
  });

  it('[MON-8] Code Assist: inside the envelope', () => {
    const body = { response: answer(GROUNDED, ['who'], 'STOP') };
    expect(readCodeAssistJson(Buffer.from(JSON.stringify(body)))?.metered?.usage.webSearchRequests).toBe(1);
    const meter = createCodeAssistStreamMeter();
    meter.push(Buffer.from(`data: ${JSON.stringify(body)}\r\n\r\n`));
    expect(meter.usage()?.usage.webSearchRequests).toBe(1);
  });

  it('[MON-8] a stream that repeats them, on chunks with and without an end, counts each once', () => {
    const chunks = [
      { modelVersion: GROUNDED, candidates: [{ content: { parts: [{ text: 'Hm.' }] } }], usageMetadata },
      answer(GROUNDED, ['who']),
      { ...answer(GROUNDED, ['who', 'when']), usageMetadata: { ...usageMetadata, candidatesTokenCount: 5 } },
      answer(GROUNDED, ['who', 'when'], 'STOP'),
    ];
    for (const bytes of [
      Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')),
      Buffer.from(JSON.stringify(chunks)),
    ])
      fc.assert(
        fc.property(fc.nat(bytes.length), (at) => {
          const meter = createGeminiStreamMeter();
          meter.push(bytes.subarray(0, at));
          meter.push(bytes.subarray(at));
          meter.end();
          expect(meter.usage()?.usage).toMatchObject({ webSearchRequests: 2, outputTokens: 2 });
          expect([meter.isComplete, meter.irregular]).toEqual([true, 0]);
        }),
        { numRuns: 60 },
      );
  });

  it('[MON-8] a model that speaks of them has not searched', () => {
    const text = JSON.stringify({ groundingMetadata: { webSearchQueries: ['who'] } });
    const chunk = { modelVersion: GROUNDED, candidates: [{ content: { parts: [{ text }] } }], usageMetadata };
    const meter = createGeminiStreamMeter();
    for (let i = 0; i < 2; i += 1) meter.push(Buffer.from(`data: ${JSON.stringify(chunk)}\r\n\r\n`));
    expect(meter.usage()?.usage.webSearchRequests).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import type { ProtocolStreamMeter } from '../meters/stream-meter.ts';
import { createCodeAssistStreamMeter, createGeminiStreamMeter } from './stream-meter.ts';

const response = (fields: object): string =>
  JSON.stringify({ responseId: 'r', modelVersion: 'gemini', ...fields });
const candidate = (parts: object[], reason?: string, index = 0): object => ({
  content: { role: 'model', parts },
  index,
  ...(reason !== undefined && { finishReason: reason }),
});
const TEXT = response({ candidates: [candidate([{ text: 'hi' }])] });
const END = response({
  candidates: [candidate([{ text: '' }], 'STOP')],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2, totalTokenCount: 12 },
});
const ERROR = JSON.stringify({
  error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' },
});
const sse = (...responses: string[]): string => responses.map((data) => `data: ${data}\r\n\r\n`).join('');

function meter(bytes: string, created = createGeminiStreamMeter()): ProtocolStreamMeter {
  created.push(Buffer.from(bytes));
  return created;
}

describe('Gemini streams', () => {
  it('[MON-8] thoughts are beside the candidates, the tool prompt beside the prompt, the cache inside', () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 7,
      toolUsePromptTokenCount: 11,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 60 },
        { modality: 'AUDIO', tokenCount: 40 },
      ],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 15 }],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 3 }],
    };
    const metered = meter(sse(response({ candidates: [], usageMetadata }))).usage();
    expect(metered?.usage).toMatchObject({
      inputTokens: 60,
      cacheReadTokens: 40,
      outputTokens: 12,
      reasoningTokens: 7,
      toolPromptTokens: 11,
    });
    expect(metered?.media).toMatchObject({ audioInputTokens: 25, imageOutputTokens: 3 });
  });

  it('[MON-8] a count that a later chunk leaves out keeps its value; one without counts says nothing', () => {
    const chunks = [
      { promptTokenCount: 9, thoughtsTokenCount: 5 },
      { promptTokenCount: 10 },
      { trafficType: 'ON_DEMAND' },
    ];
    const metered = meter(sse(...chunks.map((usageMetadata) => response({ candidates: [], usageMetadata }))));
    expect(metered.usage()?.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
    expect(meter(sse(response({ usageMetadata: { trafficType: 'ON_DEMAND' } }))).usage()).toBeNull();
  });

  it('[MON-8] images are counted by the size asked for, those of thoughts are not', () => {
    const image = { inlineData: { mimeType: 'image/png', data: 'AAAA' } };
    const parts = [image, { ...image, thought: true }, { inlineData: { mimeType: 'audio/wav', data: 'A' } }];
    const bytes = sse(
      response({ candidates: [candidate(parts)] }),
      response({ candidates: [candidate([image])] }),
      END,
    );
    expect(meter(bytes).usage()?.media).toMatchObject({ images1k: 2, images4k: 0 });
    const large = meter(bytes, createGeminiStreamMeter({ imageSize: '4k' }));
    expect(large.usage()?.media).toMatchObject({ images1k: 0, images4k: 2 });
  });

  it('[SEL-5] usage alone is prelude; parts, a finish or a refused prompt are content', () => {
    const prelude = sse(
      response({ usageMetadata: { promptTokenCount: 1 } }),
      response({ candidates: [{ index: 0 }] }),
    );
    const metered = meter(prelude);
    expect(metered).toMatchObject({ hasContent: false, isBroken: false });
    metered.push(Buffer.from(sse(TEXT)));
    expect(metered.firstContentAt).toBe(prelude.length);
  });

  it('the end is the close behind a finish reason of every candidate', () => {
    const second = response({ candidates: [candidate([{ text: 'b' }], undefined, 1)] });
    for (const [bytes, isComplete] of [
      [sse(TEXT, END), true],
      [sse(TEXT), false],
      [sse(second, END), false],
      [sse(response({ promptFeedback: { blockReason: 'SAFETY' } })), true],
    ] as const) {
      const metered = meter(bytes);
      expect(metered.isComplete).toBe(false);
      expect(metered.isFinished).toBe(isComplete);
      metered.end();
      expect(metered.isComplete).toBe(isComplete);
    }
  });

  it('a finish reason on every chunk, as older models send it, ends nothing early', () => {
    const metered = meter(sse(END, END, END));
    expect(metered.isComplete).toBe(false);
    metered.end();
    expect(metered).toMatchObject({ isComplete: true, error: null });
  });

  it('an array ends with its bracket', () => {
    const metered = meter(`\r\n[${TEXT}\n,\r\n${END}\n`);
    expect(metered).toMatchObject({ isComplete: false, isFinished: true, hasContent: true });
    metered.push(Buffer.from(']'));
    expect(metered.isComplete).toBe(true);
    const cut = meter(`[${TEXT},${END}`);
    cut.end();
    expect(cut.isComplete).toBe(false);
    expect(meter(`[${TEXT}]`).isComplete).toBe(false);
  });

  it.each([
    ['bare, early', ERROR],
    ['bare, in lines', `${JSON.stringify(JSON.parse(ERROR), null, 2)}\n`],
    ['in an array', `[${ERROR}]`],
    ['as an event', sse(ERROR)],
    ['behind a comment', `: ping\n\n${ERROR}\n\n`],
    ['bare among events', `${sse(TEXT)}${ERROR}\n\n`],
    ['in lines among events', `${sse(TEXT)}${JSON.stringify(JSON.parse(ERROR), null, 2)}\n\n`],
    ['at the end of an array', `[${TEXT},${ERROR}]`],
  ])('[SEL-5] an error inside a 200: %s', (_name, bytes) => {
    const metered = meter(bytes);
    expect(metered.error).toMatchObject({ type: 'overloaded_error', status: 503, code: 'UNAVAILABLE' });
    metered.end();
    expect(metered.isComplete).toBe(false);
  });

  it.each([
    ['HTML', '<html>\n'],
    ['text', 'data: hello\n\n'],
    ['a chat chunk', 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'],
    ['an array of numbers', '[1,2]'],
    ['nothing', ''],
  ])('[SEL-5] no stream of this protocol: %s', (_name, bytes) => {
    const metered = meter(bytes);
    metered.end();
    expect(metered).toMatchObject({ isBroken: true, isComplete: false, hasContent: false });
  });

  it('[MON-7] counts text, thoughts and arguments, not signatures', () => {
    const parts = [
      { text: '12345', thoughtSignature: 'x'.repeat(500) },
      { text: '123', thought: true },
      { functionCall: { name: 'f', args: { a: 1 } } },
    ];
    expect(meter(sse(response({ candidates: [candidate(parts)] }))).outputBytes).toBe(5 + 3 + 7);
  });
});

describe('Code Assist streams', () => {
  const wrap = (text: string): string => JSON.stringify({ response: JSON.parse(text), traceId: 't' });

  it('[MON-8] usage, content and end are inside the envelope', () => {
    const metered = meter(sse(wrap(TEXT), wrap(END)), createCodeAssistStreamMeter());
    metered.end();
    expect(metered).toMatchObject({ isComplete: true, firstContentAt: 0, irregular: 0 });
    expect(metered.usage()).toMatchObject({ model: 'gemini', usage: { inputTokens: 10, outputTokens: 2 } });
  });

  it('[SEL-5] errors come without it, and plain Gemini is not this protocol', () => {
    expect(meter(sse(ERROR), createCodeAssistStreamMeter()).error?.status).toBe(503);
    const plain = meter(sse(TEXT, END), createCodeAssistStreamMeter());
    plain.end();
    expect(plain).toMatchObject({ isBroken: true, hasContent: false });
  });
});

describe('chunks that are text alone', () => {
  const first = sse(TEXT);
  it.each([
    ['words of usage in the text', '"usageMetadata":{"promptTokenCount":9}'],
    ['words of a finish in the text', '"finishReason":"STOP"'],
    ['quotes and backslashes', '\\"}],"usageMetadata":{"promptTokenCount":9}'],
  ])('%s are text', (_name, text) => {
    const written = Buffer.byteLength(JSON.stringify(text)) - 2;
    const metered = meter(first + sse(response({ candidates: [candidate([{ text }])] })));
    expect(metered.outputBytes).toBe(2 + written);
    expect(metered.usage()).toBeNull();
    expect(metered.isFinished).toBe(false);
  });

  it('[MON-8] arguments that look like usage are none', () => {
    const args = { usageMetadata: { promptTokenCount: 9 }, finishReason: 'STOP' };
    const call = response({ candidates: [candidate([{ functionCall: { name: 'f', args } }])] });
    expect(meter(first + sse(call)).usage()).toBeNull();
  });

  it('another candidate is seen, though its chunk is text alone', () => {
    const other = response({ candidates: [candidate([{ text: 'b' }], undefined, 1)] });
    const metered = meter(first + sse(other, END));
    metered.end();
    expect(metered.isComplete).toBe(false);
  });
});

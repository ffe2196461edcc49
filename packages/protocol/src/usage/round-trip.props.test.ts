import { ZERO_USAGE, type Protocol, type TokenUsage } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildChatUsage } from '../chat/build-usage.ts';
import { buildGeminiUsage } from '../gemini/build-usage.ts';
import { buildMessagesUsage } from '../messages/build-usage.ts';
import { readJsonAnswer } from '../meters/create-stream-meter.ts';
import { buildResponsesUsage } from '../responses/build-usage.ts';

const count = fc.integer({ min: 0, max: 1_000_000 });
const usage: fc.Arbitrary<TokenUsage> = fc
  .tuple(count, count, count, count, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(buildFigures);

function buildFigures(figures: [number, number, number, number, number]): TokenUsage {
  const [inputTokens, cacheReadTokens, cacheWrite5mTokens, outputTokens, share] = figures;
  const reasoningTokens = Math.floor(outputTokens * share);
  return { ...ZERO_USAGE, inputTokens, cacheReadTokens, cacheWrite5mTokens, outputTokens, reasoningTokens };
}

const BODIES: Record<Exclude<Protocol, 'code-assist'>, (figures: TokenUsage) => object> = {
  messages: (figures) => ({ usage: buildMessagesUsage(figures) }),
  chat: (figures) => ({ usage: buildChatUsage(figures) }),
  responses: (figures) => ({ usage: buildResponsesUsage(figures) }),
  gemini: (figures) => ({ usageMetadata: buildGeminiUsage(figures) }),
};

function readBack(protocol: keyof typeof BODIES, figures: TokenUsage): TokenUsage | undefined {
  const body = Buffer.from(JSON.stringify(BODIES[protocol](figures)));
  return readJsonAnswer(protocol, body)?.metered?.usage;
}

describe('usage in the words of each protocol', () => {
  it.each(['messages', 'chat', 'responses'] as const)('%s: read back it is the same', (protocol) => {
    fc.assert(
      fc.property(usage, (figures) => {
        expect(readBack(protocol, figures)).toEqual(figures);
      }),
    );
  });

  it('gemini: read back it is the same, with what was written to a cache counted as prompt', () => {
    fc.assert(
      fc.property(usage, (figures) => {
        const inputTokens = figures.inputTokens + figures.cacheWrite5mTokens;
        expect(readBack('gemini', figures)).toEqual({ ...figures, inputTokens, cacheWrite5mTokens: 0 });
      }),
    );
  });

  it.each(['messages', 'chat', 'responses', 'gemini'] as const)('%s: no token is lost', (protocol) => {
    const figures: TokenUsage = {
      ...ZERO_USAGE,
      inputTokens: 1,
      cacheReadTokens: 20,
      cacheWrite5mTokens: 300,
      cacheWrite1hTokens: 4_000,
      outputTokens: 50_000,
      reasoningTokens: 7_000,
      toolPromptTokens: 600_000,
    };
    const back = readBack(protocol, figures);
    const { reasoningTokens, webSearchRequests, ...tokens } = back ?? ZERO_USAGE;
    expect(Object.values(tokens).reduce((sum, value) => sum + value, 0)).toBe(654_321);
    expect([reasoningTokens, webSearchRequests]).toEqual([7_000, 0]);
  });
});

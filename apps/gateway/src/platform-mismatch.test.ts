import type { Platform } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildPlatformMismatch } from './platform-mismatch.ts';

describe('buildPlatformMismatch', () => {
  it.each<[Platform[], RegExp]>([
    [['openai'], /serve: OpenAI Chat Completions .+ and Responses \(POST \/v1\/responses\)\.$/u],
    [['anthropic', 'gemini', 'anthropic'], /serve: Anthropic Messages [^,]+, Gemini [^,]+\.$/u],
    [['antigravity'], /serve: none\.$/u],
    [[], /serve: none\.$/u],
  ])('[AUTH-2] %j: names what they serve, each once', (platforms, message) => {
    const refusal = buildPlatformMismatch(platforms.map((platform) => ({ platform })));
    expect(refusal).toMatchObject({ status: 403, message: expect.stringMatching(message) as string });
  });
});

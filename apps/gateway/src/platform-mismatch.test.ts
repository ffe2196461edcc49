import type { Platform } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildPlatformMismatch } from './platform-mismatch.ts';

describe('buildPlatformMismatch', () => {
  it.each<[Platform[], RegExp]>([
    [['openai', 'antigravity'], /serve: OpenAI's .+ closed to Anthropic's Messages\.$/u],
    [['antigravity'], /serve: none\.$/u],
    [[], /serve: none\.$/u],
  ])('[AUTH-2] [API-4] %j: names what they serve', (platforms, message) => {
    const refusal = buildPlatformMismatch(platforms.map((platform) => ({ platform })));
    expect(refusal).toMatchObject({ status: 403, message: expect.stringMatching(message) as string });
  });
});

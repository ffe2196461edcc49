import type { MessagesDispatch, Platform, Protocol } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { mapDispatchedModel } from './map-dispatched-model.ts';

const FAMILIES = { opus: 'gpt-5.1', haiku: 'gpt-5-mini' };

function map(
  model: string,
  dispatch: Partial<MessagesDispatch> = {},
  platform: Platform = 'openai',
  client: Protocol = 'messages',
): string {
  const messagesDispatch = { allowed: true, defaultModel: 'gpt-5', families: FAMILIES, ...dispatch };
  return mapDispatchedModel({ platform, messagesDispatch }, client, model);
}

describe('mapDispatchedModel', () => {
  it.each([
    ['claude-opus-4-1-20250805', 'gpt-5.1'],
    ['Claude-3-5-Haiku', 'gpt-5-mini'],
    ['anthropic/claude-opus-4.5', 'gpt-5.1'],
    ['haiku', 'gpt-5-mini'],
    ['claude-sonnet-4-5', 'gpt-5'],
    ['claude-opusculum-1', 'gpt-5'],
    ['gpt-4o', 'gpt-4o'],
    ['o3-opus', 'o3-opus'],
    ['', ''],
    ['constructor', 'constructor'],
    ['claude-constructor', 'gpt-5'],
  ])('[API-4] %s is asked for as %s', (model, asked) => {
    expect(map(model)).toBe(asked);
  });

  it('[API-4] without a default the name stays', () => {
    expect(map('claude-sonnet-4-5', { defaultModel: null })).toBe('claude-sonnet-4-5');
    expect(map('claude-opus-4-1', { defaultModel: null })).toBe('gpt-5.1');
  });

  it('[API-4] is about calls of Messages to groups of openai alone', () => {
    expect(map('claude-opus-4-1', {}, 'anthropic')).toBe('claude-opus-4-1');
    expect(map('claude-opus-4-1', {}, 'gemini')).toBe('claude-opus-4-1');
    expect(map('claude-opus-4-1', {}, 'openai', 'chat')).toBe('claude-opus-4-1');
  });
});

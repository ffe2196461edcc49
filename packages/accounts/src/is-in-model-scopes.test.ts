import type { ModelScope } from '@tollgate/core';
import { expect, it } from 'vitest';
import { isInModelScopes } from './is-in-model-scopes.ts';

it.each<[string, ModelScope | null]>([
  ['claude-sonnet-4-5', 'claude'],
  ['gemini-claude-opus-4-5', 'claude'],
  ['gemini-3-pro', 'gemini_text'],
  ['Gemini-2.5-Flash', 'gemini_text'],
  ['gemini-3-pro-image', 'gemini_image'],
  ['gpt-oss-120b', null],
  ['', null],
])('[API-7] %s is of scope %s', (model, scope) => {
  for (const each of ['claude', 'gemini_text', 'gemini_image'] as const)
    expect(isInModelScopes([each], model)).toBe(each === scope);
  expect([isInModelScopes(null, model), isInModelScopes([], model)]).toEqual([true, false]);
});

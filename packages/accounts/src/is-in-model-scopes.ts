import type { ModelScope } from '@tollgate/core';

/** API-7: whether a model is one of those that the scopes name; null = all are. Models of no scope are in none. */
export function isInModelScopes(scopes: readonly ModelScope[] | null, model: string): boolean {
  if (scopes === null) return true;
  const scope = findModelScope(model.toLowerCase());
  return scope !== null && scopes.includes(scope);
}

function findModelScope(model: string): ModelScope | null {
  if (model.includes('claude')) return 'claude';
  if (!model.includes('gemini')) return null;
  return model.includes('image') ? 'gemini_image' : 'gemini_text';
}

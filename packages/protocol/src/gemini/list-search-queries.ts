import { isObject } from '../json/json-object.ts';

/** What the model has searched the web for, as the `candidates` of a response say; a later chunk may repeat it. */
export function listSearchQueries(candidates: unknown): string[] {
  if (!Array.isArray(candidates)) return [];
  return candidates.flatMap((candidate: unknown) => {
    const grounding = isObject(candidate) ? candidate['groundingMetadata'] : null;
    const queries: unknown = isObject(grounding) ? grounding['webSearchQueries'] : null;
    return Array.isArray(queries) ? queries.filter(isQuery) : [];
  });
}

/** Google does not bill empty ones. */
function isQuery(query: unknown): query is string {
  return typeof query === 'string' && query.trim() !== '';
}

import { isObject } from '../json/json-object.ts';

/**
 * Images in the `candidates` of a response that the model has made as its answer. Those that it made while thinking
 * are marked `thought`, and cost nothing of their own.
 */
export function countImages(candidates: unknown): number {
  return listParts(candidates).filter((part) => {
    if (!isObject(part) || part['thought'] === true || !isObject(part['inlineData'])) return false;
    const type = part['inlineData']['mimeType'];
    return typeof type === 'string' && type.startsWith('image/');
  }).length;
}

function listParts(candidates: unknown): unknown[] {
  if (!Array.isArray(candidates)) return [];
  return candidates.flatMap((candidate: unknown) => {
    const content = isObject(candidate) ? candidate['content'] : null;
    return isObject(content) && Array.isArray(content['parts']) ? content['parts'] : [];
  });
}

import { listObjects, type JsonObject } from '../json/json-object.ts';

/** Words of an answer whose content is a list, as Mistral's reasoning models send it. */
export interface ContentPart {
  kind: 'text' | 'thinking';
  text: string;
}

/** The words of a list of content; other parts are left out. */
export function listContentParts(content: unknown): ContentPart[] {
  return listObjects(content).flatMap((part): ContentPart[] => {
    if (part['type'] === 'thinking') return [{ kind: 'thinking', text: joinTexts(part['thinking']) }];
    return typeof part['text'] === 'string' ? [{ kind: 'text', text: part['text'] }] : [];
  });
}

function joinTexts(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking;
  return listObjects(thinking)
    .map((part: JsonObject) => (typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

import { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';

/** The texts of a `content`, which is one text or a list of text blocks; other blocks are refused. */
export function decodeTexts(holder: Fields, findings: Findings): string[] {
  const content = holder.raw('content');
  if (typeof content === 'string') return [content];
  return holder.objects('content').map(({ object, path }) => {
    if (object['type'] !== 'text') findings.carries('unknown-block', path);
    return object['type'] === 'text' ? new Fields(object, path, findings).requiredText('text') : '';
  });
}

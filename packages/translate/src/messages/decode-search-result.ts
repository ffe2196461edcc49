import type { DocumentBlock } from '../conversation/blocks.ts';
import type { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';
import { decodeTexts } from './decode-texts.ts';

/** What the client has found for the model, as a document of plain text: its title, where it is from, what it says. */
export function decodeSearchResult(block: Fields, path: string, findings: Findings): DocumentBlock {
  findings.carries('search-result', path);
  if (block.object('citations')?.['enabled'] === true) {
    findings.carries('document-citations', `${path}.citations`);
  }
  const said = [block.text('source') ?? '', ...decodeTexts(block, findings)];
  const text = said.filter((each) => each !== '').join('\n\n');
  return { type: 'document', source: { kind: 'text', text }, name: block.text('title') };
}

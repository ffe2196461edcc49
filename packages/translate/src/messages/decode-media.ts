import { fitMediaType } from '../conversation/decode-data-url.ts';
import type { DocumentBlock, ImageBlock, MediaSource } from '../conversation/blocks.ts';
import { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';
import type { RequestFeature } from '../policy/request-features.ts';
import { decodeTexts } from './decode-texts.ts';

/** null = cannot go on; the findings say why. */
export function decodeImage(block: Fields, path: string, findings: Findings): ImageBlock | null {
  const source = readSource(block, path, findings);
  if (source === null) return null;
  const media = decodeSource(source, { base64: 'image-base64', url: 'image-url' }, path, findings);
  return media && { type: 'image', source: media, detail: null };
}

/** null = cannot go on; the findings say why. */
export function decodeDocument(block: Fields, path: string, findings: Findings): DocumentBlock | null {
  const source = readSource(block, path, findings);
  if (source === null) return null;
  if (block.object('citations')?.['enabled'] === true) {
    findings.carries('document-citations', `${path}.citations`);
  }
  const name = block.text('title');
  if (source.raw('type') === 'text') {
    findings.carries('document-text', path);
    return { type: 'document', source: { kind: 'text', text: source.requiredText('data') }, name };
  }
  if (source.raw('type') === 'content') {
    findings.carries('document-text', path);
    const text = decodeTexts(source, findings).join('\n\n');
    return { type: 'document', source: { kind: 'text', text }, name };
  }
  const media = decodeSource(source, { base64: 'document-base64', url: 'document-url' }, path, findings);
  return media && { type: 'document', source: media, name };
}

function readSource(block: Fields, path: string, findings: Findings): Fields | null {
  const source = block.object('source');
  if (source === null) findings.refuse(`${path}.source`, `${path}.source: an object is required`);
  return source && new Fields(source, `${path}.source`, findings);
}

function decodeSource(
  source: Fields,
  features: { base64: RequestFeature; url: RequestFeature },
  path: string,
  findings: Findings,
): MediaSource | null {
  switch (source.raw('type')) {
    case 'base64':
      if (!findings.carries(features.base64, path)) return null;
      return {
        kind: 'base64',
        mediaType: fitMediaType(source.requiredText('media_type')),
        data: source.requiredText('data'),
      };
    case 'url':
      if (!findings.carries(features.url, path)) return null;
      return { kind: 'url', url: source.requiredText('url'), mediaType: null };
    case 'file':
      findings.carries('file-id', path);
      return null;
    default:
      findings.carries('unknown-block', path);
      return null;
  }
}

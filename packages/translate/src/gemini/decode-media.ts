import type { DocumentBlock, ImageBlock, UserBlock } from '../conversation/blocks.ts';
import { fitMediaType, selectDocumentSource } from '../conversation/decode-data-url.ts';
import type { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';
import { readCamelField } from './camel-keys.ts';

/** Files that were uploaded to Google, which nobody else can read. */
const GOOGLE_FILE = /^(?:gs:|https:\/\/generativelanguage\.googleapis\.com\/|files\/)/u;
const URL_SAFE = /[-_]/u;

/** `inlineData`: bytes of any kind. null = cannot go on; the findings say why. */
export function decodeInlineData(part: Fields, findings: Findings): UserBlock | null {
  const inline = readCamelField(part, 'inlineData', findings);
  if (inline === null) return null;
  const mediaType = fitMediaType(inline.requiredText('mimeType'));
  const data = restoreBase64(inline.requiredText('data'));
  const path = part.param('inlineData');
  if (mediaType.startsWith('image/')) {
    return findings.carries('image-base64', path) ? buildImage(mediaType, data) : null;
  }
  if (mediaType.startsWith('audio/')) {
    return findings.carries('audio', path) ? { type: 'audio', mediaType, data } : null;
  }
  if (mediaType.startsWith('video/')) return leaveOut('video', path, findings);
  if (mediaType !== 'application/pdf' && !mediaType.startsWith('text/')) {
    return leaveOut('unknown-block', path, findings);
  }
  const name = inline.text('displayName');
  const source = selectDocumentSource({ kind: 'base64', mediaType, data });
  const feature = source.kind === 'text' ? 'document-text' : 'document-base64';
  return findings.carries(feature, path) ? { type: 'document', source, name } : null;
}

/** `fileData`: a file at Google, or an address that anybody can read. */
export function decodeFileData(part: Fields, findings: Findings): ImageBlock | DocumentBlock | null {
  const file = readCamelField(part, 'fileData', findings);
  if (file === null) return null;
  const url = file.requiredText('fileUri');
  const path = part.param('fileData');
  if (GOOGLE_FILE.test(url)) return leaveOut('file-id', path, findings);
  const mediaType = file.text('mimeType')?.toLowerCase() ?? '';
  if (mediaType.startsWith('image/')) {
    if (!findings.carries('image-url', path)) return null;
    return { type: 'image', source: { kind: 'url', url, mediaType }, detail: null };
  }
  if (mediaType !== 'application/pdf') return leaveOut('video', path, findings);
  if (!findings.carries('document-url', path)) return null;
  return { type: 'document', source: { kind: 'url', url, mediaType }, name: file.text('displayName') };
}

function buildImage(mediaType: string, data: string): ImageBlock {
  return { type: 'image', source: { kind: 'base64', mediaType, data }, detail: null };
}

function leaveOut(feature: 'video' | 'unknown-block' | 'file-id', path: string, findings: Findings): null {
  findings.carries(feature, path);
  return null;
}

/** Google takes the alphabet of URLs, too; others do not. */
function restoreBase64(data: string): string {
  if (!URL_SAFE.test(data)) return data;
  const plain = data.replaceAll('-', '+').replaceAll('_', '/');
  return plain.padEnd(Math.ceil(plain.length / 4) * 4, '=');
}

import type { DocumentBlock, ImageBlock, MediaSource, TextBlock } from '../conversation/blocks.ts';
import { decodeDataUrl, selectDocumentSource } from '../conversation/decode-data-url.ts';
import { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';

export type ContentBlock = TextBlock | ImageBlock | DocumentBlock;

/** `content` of a message, or `output` of a call: a string or parts. Empty texts are left out. */
export function decodeContent(fields: Fields, key: string, findings: Findings): ContentBlock[] {
  const content = fields.raw(key);
  if (content === null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return fields.objects(key).flatMap(({ object, path }) => {
    const block = decodePart(new Fields(object, path, findings), path, findings);
    return block === null ? [] : [block];
  });
}

function decodePart(part: Fields, path: string, findings: Findings): ContentBlock | null {
  switch (part.raw('type')) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return decodeText(part);
    case 'input_image':
      return decodeImage(part, path, findings);
    case 'input_file':
      return decodeFile(part, path, findings);
    default:
      findings.carries('unknown-block', path);
      return null;
  }
}

function decodeText(part: Fields): TextBlock | null {
  const text = part.requiredText('text');
  return text === '' ? null : { type: 'text', text };
}

function decodeImage(part: Fields, path: string, findings: Findings): ImageBlock | null {
  if (part.has('file_id')) return refuseFile(path, findings);
  const source = readAddress(part, 'image_url', path, findings);
  if (source === null) return null;
  if (!findings.carries(source.kind === 'url' ? 'image-url' : 'image-base64', path)) return null;
  const detail = part.text('detail');
  // `auto` is what is done when nothing is said.
  const isSaid = detail !== null && detail !== 'auto';
  const keepsDetail = isSaid && findings.carries('image-detail', `${path}.detail`);
  return { type: 'image', source, detail: keepsDetail ? detail : null };
}

function decodeFile(part: Fields, path: string, findings: Findings): DocumentBlock | null {
  if (part.has('file_id')) return refuseFile(path, findings);
  const name = part.text('filename');
  const url = part.text('file_url');
  if (url !== null) {
    if (!findings.carries('document-url', path)) return null;
    return { type: 'document', source: { kind: 'url', url, mediaType: null }, name };
  }
  const media = readFileData(part, path, findings);
  if (media === null) return null;
  const source = selectDocumentSource(media);
  if (!findings.carries(source.kind === 'text' ? 'document-text' : 'document-base64', path)) return null;
  return { type: 'document', source, name };
}

/** Bytes without a `data:` in front are taken for what nearly all files are. */
function readFileData(part: Fields, path: string, findings: Findings): MediaSource | null {
  const data = part.requiredText('file_data');
  if (data.startsWith('data:')) return readAddress(part, 'file_data', path, findings);
  return { kind: 'base64', mediaType: 'application/pdf', data };
}

function readAddress(part: Fields, key: string, path: string, findings: Findings): MediaSource | null {
  const source = decodeDataUrl(part.requiredText(key));
  if (source === null) findings.refuse(`${path}.${key}`, `${path}.${key}: a data URL needs a media type`);
  return source;
}

function refuseFile(path: string, findings: Findings): null {
  findings.carries('file-id', `${path}.file_id`);
  return null;
}

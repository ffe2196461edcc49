import type { DocumentBlock, ImageBlock, UserBlock } from '../conversation/blocks.ts';
import { decodeDataUrl, selectDocumentSource } from '../conversation/decode-data-url.ts';
import { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';

const AUDIO_TYPES: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mpeg' };
const PDF = 'application/pdf';

/** One part of a user's content. null = cannot go on; the findings say why. */
export function decodeUserPart(part: Fields, path: string, findings: Findings): UserBlock | null {
  switch (part.raw('type')) {
    case 'text': {
      const text = part.requiredText('text');
      return text === '' ? null : { type: 'text', text };
    }
    case 'image_url':
      return decodeImage(part, path, findings);
    case 'input_audio':
      return decodeAudio(part, path, findings);
    case 'file':
      return decodeFile(part, path, findings);
    default:
      findings.carries('unknown-block', path);
      return null;
  }
}

function decodeImage(part: Fields, path: string, findings: Findings): ImageBlock | null {
  const image = new Fields(part.object('image_url') ?? {}, `${path}.image_url`, findings);
  const source = decodeDataUrl(image.requiredText('url'));
  const detail = image.text('detail');
  if (source === null) {
    findings.refuse(`${path}.image_url.url`, `${path}.image_url.url: a data URL needs a media type`);
    return null;
  }
  if (!findings.carries(source.kind === 'url' ? 'image-url' : 'image-base64', `${path}.image_url.url`)) {
    return null;
  }
  const isSaid = detail !== null && detail !== 'auto';
  return {
    type: 'image',
    source,
    detail: isSaid && findings.carries('image-detail', image.param('detail')) ? detail : null,
  };
}

function decodeAudio(part: Fields, path: string, findings: Findings): UserBlock | null {
  if (!findings.carries('audio', path)) return null;
  const audio = new Fields(part.object('input_audio') ?? {}, `${path}.input_audio`, findings);
  const format = audio.requiredText('format');
  return {
    type: 'audio',
    mediaType: AUDIO_TYPES[format] ?? `audio/${format}`,
    data: audio.requiredText('data'),
  };
}

function decodeFile(part: Fields, path: string, findings: Findings): DocumentBlock | null {
  const file = new Fields(part.object('file') ?? {}, `${path}.file`, findings);
  if (file.has('file_id')) {
    findings.carries('file-id', `${path}.file.file_id`);
    return null;
  }
  const data = file.requiredText('file_data');
  // Some clients send bare base64.
  const source = data.startsWith('data:')
    ? decodeDataUrl(data)
    : ({ kind: 'base64', mediaType: PDF, data } as const);
  if (source === null) {
    findings.refuse(`${path}.file.file_data`, `${path}.file.file_data: a data URL needs a media type`);
    return null;
  }
  const document = selectDocumentSource(source);
  const feature = document.kind === 'text' ? 'document-text' : 'document-base64';
  if (!findings.carries(feature, path)) return null;
  return { type: 'document', source: document, name: file.text('filename') };
}

import type { DocumentBlock, MediaSource } from './blocks.ts';

/** A `data:` URL as bytes, any other text as an address. null = a `data:` URL that says no type, or is broken. */
export function decodeDataUrl(url: string): MediaSource | null {
  if (!url.startsWith('data:')) return { kind: 'url', url, mediaType: null };
  const comma = url.indexOf(',');
  if (comma === -1) return null;
  const [type = '', ...parameters] = url.slice('data:'.length, comma).split(';');
  if (type === '') return null;
  const mediaType = fitMediaType(type);
  const data = url.slice(comma + 1);
  if (parameters.includes('base64')) return { kind: 'base64', mediaType, data };
  return { kind: 'base64', mediaType, data: Buffer.from(decodePercent(data)).toString('base64') };
}

/** `image/jpg` is no type, but much used: OpenAI takes it, Anthropic refuses it. */
export function fitMediaType(type: string): string {
  const lower = type.trim().toLowerCase();
  return lower === 'image/jpg' ? 'image/jpeg' : lower;
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Plain text in base64 is text: Anthropic takes no other documents in base64 than PDF. */
export function selectDocumentSource(source: MediaSource): DocumentBlock['source'] {
  if (source.kind !== 'base64' || !source.mediaType.startsWith('text/')) return source;
  return { kind: 'text', text: Buffer.from(source.data, 'base64').toString('utf8') };
}

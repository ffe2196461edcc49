import type { MediaSource } from './blocks.ts';

const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*;base64,/iu;

/** `data:image/png;base64,…` (RFC 2397); null = another address. */
export function parseDataUrl(url: string): Extract<MediaSource, { kind: 'base64' }> | null {
  const head = DATA_URL.exec(url);
  if (head === null) return null;
  const mediaType = head[1] === '' || head[1] === undefined ? 'application/octet-stream' : head[1];
  return { kind: 'base64', mediaType: mediaType.toLowerCase(), data: url.slice(head[0].length) };
}

/** The address that OpenAI takes for bytes as well as for what lies elsewhere. */
export function buildMediaUrl(source: MediaSource): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
}

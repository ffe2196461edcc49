/**
 * What of an answer's usage is no text: part of `inputTokens` and `outputTokens`, priced apart. Images are counts:
 * the wire says nothing of their size, so all are here as one figure.
 */
export interface MediaUsage {
  audioInputTokens: number;
  audioOutputTokens: number;
  imageInputTokens: number;
  imageOutputTokens: number;
}

export const NO_MEDIA: Readonly<MediaUsage> = Object.freeze({
  audioInputTokens: 0,
  audioOutputTokens: 0,
  imageInputTokens: 0,
  imageOutputTokens: 0,
});

/** null when there is nothing but text. */
export function selectMedia(media: MediaUsage): MediaUsage | null {
  return Object.values(media).some((count) => count > 0) ? media : null;
}

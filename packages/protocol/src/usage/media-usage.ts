import { ZERO_MEDIA, type MediaUsage } from '@tollgate/core';

/** The sizes that images are priced by. */
export type ImageSize = '1k' | '2k' | '4k';

/** Tokens by kind as an upstream reports them; null = not reported. */
export interface MediaCounters {
  audioInput: number | null;
  audioOutput: number | null;
  imageInput: number | null;
  imageOutput: number | null;
}

/**
 * Parts of the totals that have a price of their own; null when there is nothing but text. Never more than the
 * totals that they are part of (`inputTokens`, `outputTokens`).
 */
export function buildMedia(
  counters: MediaCounters,
  { inputTokens, outputTokens }: { inputTokens: number; outputTokens: number },
  images: { count: number; size: ImageSize } = { count: 0, size: '1k' },
): MediaUsage | null {
  const media: MediaUsage = {
    ...ZERO_MEDIA,
    audioInputTokens: Math.min(counters.audioInput ?? 0, inputTokens),
    audioOutputTokens: Math.min(counters.audioOutput ?? 0, outputTokens),
    imageInputTokens: Math.min(counters.imageInput ?? 0, inputTokens),
    imageOutputTokens: Math.min(counters.imageOutput ?? 0, outputTokens),
    [`images${images.size}`]: images.count,
  };
  return Object.values(media).some((count) => count > 0) ? media : null;
}

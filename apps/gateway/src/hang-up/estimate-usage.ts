import { ZERO_USAGE, type MeteredUsage } from '@tollgate/core';
import { estimateOutputTokens } from '@tollgate/protocol';

export interface SeenOfAnswer {
  /** What the upstream has said so far; null = nothing. */
  reported: MeteredUsage | null;
  /** Of the request, by its size: counts where the upstream has said nothing. */
  inputTokens: number;
  /** Bytes of output that have come. */
  outputBytes: number;
}

/** MON-7: usage of an answer whose true figures did not come. Label the row `estimated`. */
export function estimateUsage({ reported, inputTokens, outputBytes }: SeenOfAnswer): MeteredUsage {
  const metered: MeteredUsage = reported ?? {
    usage: { ...ZERO_USAGE, inputTokens },
    extra: [],
    media: null,
    model: null,
  };
  const outputTokens = Math.max(metered.usage.outputTokens, estimateOutputTokens(outputBytes));
  return { ...metered, usage: { ...metered.usage, outputTokens } };
}

/** The median over the recorded streams (2.8), rounded: English prose has more, CJK text and tool input less. */
const BYTES_PER_TOKEN = 3;

/**
 * Output tokens of an answer that ended without usage, from `MessagesStreamMeter.outputBytes`. Thinking that the
 * upstream does not show cannot be counted, so this is a floor for such answers. Label the row `estimated`.
 */
export function estimateOutputTokens(outputBytes: number): number {
  return Math.ceil(outputBytes / BYTES_PER_TOKEN);
}

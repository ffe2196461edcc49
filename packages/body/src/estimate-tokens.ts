import type { MessagesScan } from './scan-messages-body.ts';

/**
 * Bytes of JSON to a token: 2.5–7.5 over the recorded requests of plain text and tools, their median 4.3. Code and
 * tool schemas have fewer, English prose more; CJK text has some 3 bytes to a token in UTF-8.
 */
const TEXT_BYTES_PER_TOKEN = 4;
/** A picture costs at most some 1,600 tokens: with 64 KiB of base64 counted, one of that size or more costs just that. */
const BINARY_BYTES_PER_TOKEN = 41;

/** What a request may reserve of its output; a client's usual `max_tokens` is far above what its answers have. */
export const RESERVED_OUTPUT_TOKENS_MAX = 8192;

export interface TokenEstimateInput {
  /** The whole body. */
  bodyBytes: number;
  scan: Pick<MessagesScan, 'binaryBytes' | 'binaryBytesCapped' | 'maxTokens'>;
  /** Cap of the output's part, and its whole where `max_tokens` is absent. RESERVED_OUTPUT_TOKENS_MAX by default. */
  outputTokensMax?: number;
}

/**
 * [LIM-2] Input tokens of a request, from sizes alone: bytes of text / 4 + bytes of base64 (at most 64 KiB of each
 * file) / 41. The text is the whole body, so field names and tool schemas count. Not seen: pictures and
 * documents by URL, the tokens that server tools add, and all of a PDF beyond the price of one picture.
 */
export function estimateInputTokens({
  bodyBytes,
  scan,
}: Omit<TokenEstimateInput, 'outputTokensMax'>): number {
  const textBytes = Math.max(0, bodyBytes - scan.binaryBytes);
  return Math.ceil(textBytes / TEXT_BYTES_PER_TOKEN + scan.binaryBytesCapped / BINARY_BYTES_PER_TOKEN);
}

/** [LIM-2] What a request reserves of a tokens-a-minute limit: its input, and `max_tokens` as far as the cap. */
export function estimateTokens(input: TokenEstimateInput): number {
  const outputTokensMax = input.outputTokensMax ?? RESERVED_OUTPUT_TOKENS_MAX;
  return estimateInputTokens(input) + Math.min(input.scan.maxTokens ?? outputTokensMax, outputTokensMax);
}

import type { TokenUsage } from '@tollgate/core';

/** `usage` of a message, a message_start or a message_delta. Counts of tokens. */
export interface MessagesUsage {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  output_tokens: number;
  output_tokens_details?: { thinking_tokens: number };
  server_tool_use?: { web_search_requests: number };
}

/** Our normal form in Anthropic's words: `input_tokens` is what no cache had. */
export function buildMessagesUsage(usage: TokenUsage): MessagesUsage {
  const { cacheWrite5mTokens, cacheWrite1hTokens, reasoningTokens, webSearchRequests } = usage;
  return {
    input_tokens: usage.inputTokens + usage.toolPromptTokens,
    cache_creation_input_tokens: cacheWrite5mTokens + cacheWrite1hTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWrite5mTokens,
      ephemeral_1h_input_tokens: cacheWrite1hTokens,
    },
    output_tokens: usage.outputTokens,
    ...(reasoningTokens > 0 && { output_tokens_details: { thinking_tokens: reasoningTokens } }),
    ...(webSearchRequests > 0 && { server_tool_use: { web_search_requests: webSearchRequests } }),
  };
}

/** Tokens: prompt and answer together, and the longest answer. */
export type ModelLimits = readonly [contextTokens: number, maxOutputTokens: number];

const K128 = 128_000;
const OPENAI_LONG: ModelLimits = [1_050_000, K128];
const OPENAI_400K: ModelLimits = [400_000, K128];
const OPENAI_CHAT: ModelLimits = [128_000, 16_384];
const OPENAI_4_1: ModelLimits = [1_047_576, 32_768];
const OPENAI_O: ModelLimits = [200_000, 100_000];
const CLAUDE_1M: ModelLimits = [1_000_000, K128];
const GEMINI: ModelLimits = [1_048_576, 65_536];
const GEMINI_2_0: ModelLimits = [1_048_576, 8_192];

/**
 * Sources: the comparison tables under https://platform.claude.com/docs/en/models/, the models' pages under
 * https://developers.openai.com/api/docs/models/ and https://ai.google.dev/gemini-api/docs/models, by way of
 * anomalyco/models.dev. A model that is not here has no limit that could be sourced. Where a beta header makes
 * more possible, the larger context counts and the plain output.
 */
export const MODEL_LIMITS: Readonly<Record<string, ModelLimits>> = {
  'claude-fable-5-1': CLAUDE_1M,
  'claude-opus-5-5': CLAUDE_1M,
  'claude-sonnet-5-5': CLAUDE_1M,
  'claude-haiku-5-5': CLAUDE_1M,
  'claude-fable-5': CLAUDE_1M,
  'claude-opus-5': CLAUDE_1M,
  'claude-sonnet-5': CLAUDE_1M,
  'claude-opus-4-8': CLAUDE_1M,
  'claude-opus-4-7': CLAUDE_1M,
  'claude-opus-4-6': CLAUDE_1M,
  'claude-sonnet-4-6': [1_000_000, 64_000],
  'claude-opus-4-5': [200_000, 64_000],
  'claude-sonnet-4-5': [1_000_000, 64_000],
  'claude-haiku-4-5': [200_000, 64_000],
  'claude-opus-4-1': [200_000, 32_000],
  'claude-opus-4-0': [200_000, 32_000],
  'claude-sonnet-4-0': [1_000_000, 64_000],
  'claude-3-7-sonnet': [200_000, 64_000],
  'claude-3-5-sonnet': [200_000, 8_192],
  'claude-3-5-haiku': [200_000, 8_192],
  'claude-3-opus': [200_000, 4_096],
  'claude-3-haiku': [200_000, 4_096],
  'gpt-6.1-sol': OPENAI_LONG,
  'gpt-6-astra': OPENAI_LONG,
  'gpt-6-sol': OPENAI_LONG,
  'gpt-6-luna': OPENAI_LONG,
  'gpt-5.6-sol': OPENAI_LONG,
  'gpt-5.6-terra': OPENAI_LONG,
  'gpt-5.6-luna': OPENAI_LONG,
  'gpt-5.5': OPENAI_LONG,
  'gpt-5.5-pro': OPENAI_LONG,
  'gpt-5.4': OPENAI_LONG,
  'gpt-5.4-pro': OPENAI_LONG,
  'gpt-5.4-mini': OPENAI_400K,
  'gpt-5.4-nano': OPENAI_400K,
  'gpt-5.3-codex': OPENAI_400K,
  'gpt-5.3-chat-latest': OPENAI_CHAT,
  'gpt-5.2': OPENAI_400K,
  'gpt-5.2-codex': OPENAI_400K,
  'gpt-5.2-chat-latest': OPENAI_CHAT,
  'gpt-5.2-pro': OPENAI_400K,
  'gpt-5.1': OPENAI_400K,
  'gpt-5.1-chat-latest': OPENAI_CHAT,
  'gpt-5.1-codex': OPENAI_400K,
  'gpt-5.1-codex-max': OPENAI_400K,
  'gpt-5.1-codex-mini': OPENAI_400K,
  'gpt-5': OPENAI_400K,
  'gpt-5-chat-latest': OPENAI_CHAT,
  'gpt-5-codex': OPENAI_400K,
  'gpt-5-mini': OPENAI_400K,
  'gpt-5-nano': OPENAI_400K,
  'gpt-5-pro': [400_000, 272_000],
  'gpt-4.1': OPENAI_4_1,
  'gpt-4.1-mini': OPENAI_4_1,
  'gpt-4.1-nano': OPENAI_4_1,
  'gpt-4o': OPENAI_CHAT,
  'gpt-4o-2024-05-13': [128_000, 4_096],
  'gpt-4o-mini': OPENAI_CHAT,
  'o4-mini': OPENAI_O,
  o3: OPENAI_O,
  'o3-pro': OPENAI_O,
  'o3-mini': OPENAI_O,
  o1: OPENAI_O,
  'o1-pro': OPENAI_O,
  'gpt-4-vision-preview': [128_000, 4_096],
  'gpt-4-1106-vision-preview': [128_000, 4_096],
  'gpt-3.5-turbo-0125': [16_385, 4_096],
  'gemini-3.8-flash': GEMINI,
  'gemini-3.7-flash': GEMINI,
  'gemini-3.6-flash': GEMINI,
  'gemini-3.5-flash': GEMINI,
  'gemini-3.1-pro-preview': GEMINI,
  'gemini-3.1-flash-lite': GEMINI,
  'gemini-3.1-flash-lite-preview': GEMINI,
  'gemini-3-flash-preview': GEMINI,
  'gemini-3-pro-preview': GEMINI,
  'gemini-2.5-pro': GEMINI,
  'gemini-2.5-flash': GEMINI,
  'gemini-2.5-flash-lite': GEMINI,
  'gemini-3-pro-image-preview': [65_536, 32_768],
  'gemini-2.5-flash-image': [32_768, 32_768],
  'gemini-2.0-flash': GEMINI_2_0,
  'gemini-2.0-flash-lite': GEMINI_2_0,
};

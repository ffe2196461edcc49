/** Who the upstream is. */
export const PLATFORMS = ['anthropic', 'openai', 'gemini', 'antigravity'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** The wire format that a client or an upstream speaks. */
export const PROTOCOLS = ['messages', 'chat', 'responses', 'gemini', 'code-assist'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** The two of OpenAI; many hosts that are compatible with it speak only the first. */
export const OPENAI_PROTOCOLS = ['chat', 'responses'] as const;
export type OpenAiProtocol = (typeof OPENAI_PROTOCOLS)[number];

/** API-7: what a group of antigravity may be asked for. */
export const MODEL_SCOPES = ['claude', 'gemini_text', 'gemini_image'] as const;
export type ModelScope = (typeof MODEL_SCOPES)[number];

/** How an account proves itself: a plain key, a refreshable token, a long-lived inference token. */
export const ACCOUNT_KINDS = ['api-key', 'oauth', 'setup-token'] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

import type { Platform } from '@tollgate/core';

/** ACC-6: who we are to a platform's token endpoint. */
export interface OauthClient {
  tokenUrl: string;
  /** A token can be refreshed only by the client that it was issued to; null = nobody has said. */
  clientId: string | null;
  clientSecret: string | null;
}

export type OauthClients = Readonly<Record<Platform, OauthClient>>;

/** The part of the variables' names: `TOLLGATE_OAUTH_<NAME>_TOKEN_URL`. */
export function buildVariableName(
  platform: Platform,
  field: 'TOKEN_URL' | 'CLIENT_ID' | 'CLIENT_SECRET',
): string {
  return `TOLLGATE_OAUTH_${platform.toUpperCase()}_${field}`;
}

/** The endpoints that the platforms' own clients use. */
export const TOKEN_URLS: Readonly<Record<Platform, string>> = {
  anthropic: 'https://console.anthropic.com/v1/oauth/token',
  openai: 'https://auth.openai.com/oauth/token',
  gemini: 'https://oauth2.googleapis.com/token',
  antigravity: 'https://oauth2.googleapis.com/token',
};

/** RFC 6749 says form; Anthropic's endpoint is spoken to in JSON. */
export const TOKEN_ENCODINGS: Readonly<Record<Platform, 'form' | 'json'>> = {
  anthropic: 'json',
  openai: 'form',
  gemini: 'form',
  antigravity: 'form',
};

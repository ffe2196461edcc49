import type { Platform } from '@tollgate/core';

/** Where a platform's API lives when the operator says nothing. */
export const DEFAULT_BASE_URLS: Readonly<Record<Platform, string>> = Object.freeze({
  anthropic: 'https://api.anthropic.com',
  openai: 'https://api.openai.com',
  gemini: 'https://generativelanguage.googleapis.com',
  antigravity: 'https://cloudcode-pa.googleapis.com',
});

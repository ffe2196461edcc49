import type { HeaderRules } from './select-headers.ts';

/**
 * generateContent. `x-goog-user-project` does not pass: the bill would go to a project of the client's choice.
 * `x-goog-fieldmask` neither: it could leave the usage out of the answer.
 */
export const GEMINI_HEADERS: HeaderRules = {
  request: new Set(['accept', 'content-type', 'user-agent', 'x-goog-api-client', 'x-server-timeout']),
  requestPrefixes: [],
  joined: 'x-goog-api-client',
  response: ['cache-control', 'content-type', 'x-gemini-service-tier'],
};

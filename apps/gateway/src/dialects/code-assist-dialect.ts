import {
  buildPlatformAuthHeaders,
  createStreamMeter,
  GEMINI_HEADERS,
  readJsonAnswer,
  selectRequestHeaders,
} from '@tollgate/protocol';
import type { UpstreamDialect } from './dialect.ts';

/** Google's v1internal envelope around generateContent: of upstreams alone, no client is served in it. */
export const codeAssistDialect: UpstreamDialect = {
  protocol: 'code-assist',
  streamMediaType: 'text/event-stream',
  requestIdHeader: 'x-goog-request-id',
  createMeter: () => createStreamMeter('code-assist'),
  readAnswer: (body) => readJsonAnswer('code-assist', body),
  selectRequestHeaders: (headers) => selectRequestHeaders(headers, GEMINI_HEADERS),
  buildAuthHeaders: ({ kind }, credentials) => buildPlatformAuthHeaders('antigravity', kind, credentials),
};

import {
  createAnswerModelRewriter,
  INLINE_SCAN_BYTES_MAX,
  isModelSpliceNeeded,
  rewriteJsonAnswerModel,
  spliceModel,
} from '@tollgate/body';
import {
  buildAccountAuthHeaders,
  createMessagesStreamMeter,
  readMessagesJson,
  selectClientResponseHeaders,
  selectUpstreamRequestHeaders,
} from '@tollgate/protocol';
import { selectQuery } from '../select-query.ts';
import type { Dialect } from './dialect.ts';

/** Anthropic's Messages, and its count_tokens. */
export const messagesDialect: Dialect = {
  protocol: 'messages',
  streamMediaType: 'text/event-stream',
  requestIdHeader: 'request-id',
  scan: (_request, body, bodies, signal) =>
    body.length <= INLINE_SCAN_BYTES_MAX ? bodies.scanBody(body) : bodies.scanInWorker(body, signal),
  createMeter: createMessagesStreamMeter,
  readAnswer: readMessagesJson,
  buildPath: (request, pathPrefix) => pathPrefix + request.path + selectQuery(request.query),
  buildBody: (body, scan, upstreamModel) =>
    isModelSpliceNeeded(scan, upstreamModel) ? spliceModel(body, scan.modelRanges, upstreamModel) : body,
  selectRequestHeaders: selectUpstreamRequestHeaders,
  selectResponseHeaders: selectClientResponseHeaders,
  buildAuthHeaders: ({ kind }, credentials, headers) =>
    buildAccountAuthHeaders(kind, credentials, headers['anthropic-beta']),
  createRewriter: createAnswerModelRewriter,
  rewriteAnswer: rewriteJsonAnswerModel,
  createFilter: () => null,
};

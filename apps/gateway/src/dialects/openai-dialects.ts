import {
  createStreamModelRewriter,
  isModelSpliceNeeded,
  rewriteJsonAnswerModel,
  type ModelPath,
} from '@tollgate/body';
import {
  applyEdits,
  buildPlatformAuthHeaders,
  buildUsageEdits,
  createStreamMeter,
  createUsageChunkFilter,
  OPENAI_HEADERS,
  readJsonAnswer,
  selectRequestHeaders,
  selectResponseHeaders,
  type SpliceEdit,
} from '@tollgate/protocol';
import type { RequestScan } from '../request-scan.ts';
import { selectQuery } from '../select-query.ts';
import type { Dialect } from './dialect.ts';
import { scanWith } from './scan-with.ts';

/**
 * As in OpenAI's SDKs, a base URL with a path is the API's root (`https://host/openai/v1`), and the endpoint's own name
 * follows; the bare host has its API under `/v1`.
 */
function buildDialect(protocol: 'chat' | 'responses', endpoint: string, modelPath: ModelPath): Dialect {
  return {
    protocol,
    streamMediaType: 'text/event-stream',
    requestIdHeader: 'x-request-id',
    scan: (_request, body, bodies, signal) => scanWith(protocol, {}, body, bodies, signal),
    createMeter: () => createStreamMeter(protocol),
    readAnswer: (body) => readJsonAnswer(protocol, body),
    buildPath: (request, pathPrefix) => (pathPrefix || '/v1') + endpoint + selectQuery(request.query),
    buildBody: (body, scan, upstreamModel) => applyEdits(body, listModelEdits(scan, upstreamModel)),
    selectRequestHeaders: (headers) => selectRequestHeaders(headers, OPENAI_HEADERS),
    selectResponseHeaders: (headers, status) => selectResponseHeaders(headers, status, OPENAI_HEADERS),
    buildAuthHeaders: ({ kind }, credentials) => buildPlatformAuthHeaders('openai', kind, credentials),
    createRewriter: (model) => createStreamModelRewriter(modelPath, model, 'sse'),
    rewriteAnswer: (body, model) => rewriteJsonAnswerModel(body, model),
    createFilter: () => null,
  };
}

export const responsesDialect: Dialect = buildDialect('responses', '/responses', ['response', 'model']);

/** MON-8: a stream of chat tells its usage only where that was asked for. */
export const chatDialect: Dialect = {
  ...buildDialect('chat', '/chat/completions', ['model']),
  buildBody(body, scan, upstreamModel) {
    const usage = scan.stream ? buildUsageEdits(body, scan.streamOptions ?? []).edits : [];
    return applyEdits(body, [...listModelEdits(scan, upstreamModel), ...usage]);
  },
  createFilter: (body, scan) =>
    scan.stream && buildUsageEdits(body, scan.streamOptions ?? []).hidesUsage
      ? createUsageChunkFilter()
      : null,
};

function listModelEdits(scan: RequestScan, upstreamModel: string): SpliceEdit[] {
  if (!isModelSpliceNeeded(scan, upstreamModel)) return [];
  const text = JSON.stringify(upstreamModel);
  return scan.modelRanges.map(({ start, end }) => ({ start, end, text }));
}

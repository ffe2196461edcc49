import {
  createStreamModelRewriter,
  rewriteJsonAnswerModel,
  spliceModel,
  type RewrittenFraming,
} from '@tollgate/body';
import {
  buildPlatformAuthHeaders,
  createStreamMeter,
  GEMINI_HEADERS,
  readJsonAnswer,
  selectRequestHeaders,
  selectResponseHeaders,
  type ImageSize,
  type MeterOptions,
} from '@tollgate/protocol';
import type { RequestScan } from '../request-scan.ts';
import type { Dialect } from './dialect.ts';
import { parsePathModel, splitGeminiPath } from './gemini-path.ts';
import { scanWith } from './scan-with.ts';

/** Any of them: other parts of a path may mean something to the upstream. */
const MODEL_UNSAFE = /[^A-Za-z0-9._~-]/u;
const IMAGE_SIZES: ReadonlyMap<string, ImageSize> = new Map([
  ['1K', '1k'],
  ['2K', '2k'],
  ['4K', '4k'],
]);

/**
 * generateContent and its kin. The model and whether the answer is a stream stand in the path, whose query goes up as
 * we write it: `fields` could leave the usage out, `key` and `access_token` are the client's own. A base URL with a path
 * is the API's root, as for OpenAI.
 */
function buildDialect(stream: boolean, framing: RewrittenFraming): Dialect {
  return {
    protocol: 'gemini',
    streamMediaType: framing === 'sse' ? 'text/event-stream' : 'application/json',
    // Google names its answers only in their bodies.
    requestIdHeader: 'x-goog-request-id',
    scan(request, body, bodies, signal) {
      const model = parsePathModel(request.path);
      if (typeof model !== 'string') return { body, result: model };
      return scanWith('gemini', { model, stream }, body, bodies, signal);
    },
    createMeter: (scan) => createStreamMeter('gemini', buildMeterOptions(scan)),
    readAnswer: (body, scan) => readJsonAnswer('gemini', body, buildMeterOptions(scan)),
    buildPath(request, pathPrefix, scan, upstreamModel) {
      const { version = '', model = '', method = '' } = splitGeminiPath(request.path) ?? {};
      const isAsItCame = scan.model === upstreamModel && !MODEL_UNSAFE.test(model);
      const name = isAsItCame ? model : encodeURIComponent(upstreamModel);
      const query = stream && framing === 'sse' ? '?alt=sse' : '';
      return `${pathPrefix || `/${version}`}/models/${name}:${method}${query}`;
    },
    buildBody: (body, scan, upstreamModel) =>
      scan.model === upstreamModel || scan.modelRanges.length === 0
        ? body
        : spliceModel(body, scan.modelRanges, `models/${upstreamModel}`),
    selectRequestHeaders: (headers) => selectRequestHeaders(headers, GEMINI_HEADERS),
    selectResponseHeaders: (headers, status) => selectResponseHeaders(headers, status, GEMINI_HEADERS),
    buildAuthHeaders: ({ kind }, credentials) => buildPlatformAuthHeaders('gemini', kind, credentials),
    createRewriter: (model) => createStreamModelRewriter(['modelVersion'], model, framing),
    rewriteAnswer: (body, model) => rewriteJsonAnswerModel(body, model, 'modelVersion'),
    createFilter: () => null,
  };
}

export const geminiDialect: Dialect = buildDialect(false, 'sse');
export const geminiSseDialect: Dialect = buildDialect(true, 'sse');
export const geminiArrayDialect: Dialect = buildDialect(true, 'array');

function buildMeterOptions({ imageSize }: RequestScan): MeterOptions {
  const size = IMAGE_SIZES.get(imageSize?.toUpperCase() ?? '');
  return size === undefined ? {} : { imageSize: size };
}

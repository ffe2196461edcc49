import type { BodyPool, PooledProtocol, ProtocolScan, ProtocolScanResult, ScannedBody } from '@tollgate/body';
import type { RequestScan, RequestScanResult } from '../request-scan.ts';

/** What the path says where the body says nothing of it (Gemini). */
export type PathFacts = Partial<Pick<RequestScan, 'model' | 'stream'>>;

/** Scans a body of OpenAI or Google; of them none is a warm-up, or has Anthropic's `metadata.user_id`. */
export function scanWith(
  protocol: PooledProtocol,
  facts: PathFacts,
  body: Buffer,
  bodies: BodyPool,
  signal: AbortSignal | undefined,
): ScannedBody<RequestScanResult> | Promise<ScannedBody<RequestScanResult>> {
  const scanning = bodies.scanProtocol(protocol, body, signal);
  return scanning instanceof Promise
    ? scanning.then((scanned) => complete(scanned, facts))
    : complete(scanning, facts);
}

function complete(
  { body, result }: ScannedBody<ProtocolScanResult>,
  facts: PathFacts,
): ScannedBody<RequestScanResult> {
  return { body, result: result.ok ? completeScan(result, facts) : result };
}

function completeScan(
  { model, stream, ...scan }: ProtocolScan,
  facts: PathFacts,
): RequestScan & { ok: true } {
  return {
    ok: true,
    model: facts.model ?? model ?? '',
    modelRanges: scan.modelRanges,
    stream: facts.stream ?? stream,
    maxTokens: scan.maxTokens,
    userId: null,
    session: scan.session,
    warmUp: null,
    binaryBytes: scan.binaryBytes,
    binaryBytesCapped: scan.binaryBytesCapped,
    streamOptions: scan.streamOptions,
    imageSize: scan.imageSize,
  };
}

import { INLINE_SCAN_BYTES_MAX, type BodyPool, type ScannedBody } from '@tollgate/body';
import { TollgateError } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';
import type { RequestScanResult } from '../request-scan.ts';
import { whileClientStays } from '../while-client-stays.ts';

/** Scans the body, inline or in the worker pool by size. Exit: 400 that names the field (REQ-4). */
export function parse(
  context: RequestContext,
  bodies: BodyPool,
): TollgateError | null | Promise<TollgateError | null> {
  if (context.body === null) throw new Error('parse ran before read-body');
  const { body, dialect, request } = context;
  const isSmall = body.length <= INLINE_SCAN_BYTES_MAX;
  const scanning = isSmall ? dialect.scan(request, body, bodies) : scanLarge(context, body, bodies);
  return scanning instanceof Promise
    ? scanning.then((scanned) => applyScan(context, scanned))
    : applyScan(context, scanning);
}

function applyScan(
  context: RequestContext,
  { body, result }: ScannedBody<RequestScanResult>,
): TollgateError | null {
  context.body = body;
  if (result.ok) {
    context.scan = result;
    return null;
  }
  return new TollgateError('invalid_request', {
    message: result.message,
    ...(result.param === null ? {} : { param: result.param }),
  });
}

/** REQ-7: a client that leaves gives up its place in the pool's queue; the scan rejects with `client_closed`. */
function scanLarge(
  context: RequestContext,
  body: Buffer,
  bodies: BodyPool,
): Promise<ScannedBody<RequestScanResult>> {
  const { dialect, request } = context;
  return whileClientStays(context, (signal) => dialect.scan(request, body, bodies, signal));
}

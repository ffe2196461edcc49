import { INLINE_SCAN_BYTES_MAX, type BodyPool, type TranslatedBody } from '@tollgate/body';
import { TollgateError } from '@tollgate/core';
import type { AnswerContext, RequestTranslationOptions } from '@tollgate/translate';
import type { RequestContext } from '../request-context.ts';
import { whileClientStays } from '../while-client-stays.ts';

export interface TranslatedRequest {
  body: Buffer;
  dropped: readonly string[];
  context: AnswerContext;
  /** API-5: of a count that holds something in other words than the request would. */
  isApproximate: boolean;
}

/**
 * A body in other words, by a worker where it is large. The client's own comes back, as another account may be asked
 * for the same: it is put where the request has it. Exit: 400 that names the field; 503 when the worker pool is full.
 */
export async function runTranslation(
  context: RequestContext,
  body: Buffer,
  options: RequestTranslationOptions,
  bodies: BodyPool,
): Promise<TranslatedRequest | TollgateError> {
  const { result, body: kept } = await run(context, body, options, bodies);
  if (body === context.parsed.body) context.body = kept;
  if (!result.ok) {
    const { message, param } = result;
    return new TollgateError('invalid_request', { message, ...(param !== null && { param }) });
  }
  const { dropped, context: answer, isApproximate = false } = result;
  return { body: viewBytes(result.body), dropped, context: answer, isApproximate };
}

function run(
  context: RequestContext,
  body: Buffer,
  options: RequestTranslationOptions,
  bodies: BodyPool,
): TranslatedBody | Promise<TranslatedBody> {
  if (body.length <= INLINE_SCAN_BYTES_MAX) return bodies.translate(body, options);
  return whileClientStays(context, (signal) => bodies.translate(body, options, signal));
}

function viewBytes(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

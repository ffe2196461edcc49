import type { RequestId, TollgateError } from '@tollgate/core';
import type { ErrorShape } from './error-shape.ts';

/**
 * https://docs.claude.com/en/api/errors. The catalogue's types are Anthropic's words already. The event needs
 * its `event:` line: the official client drops events without one.
 */
export const messagesErrorShape: ErrorShape = {
  buildBody,
  buildStreamEvent: (error, requestId) => `event: error\ndata: ${buildBody(error, requestId)}\n\n`,
};

function buildBody(error: TollgateError, requestId: RequestId): string {
  return JSON.stringify({
    type: 'error',
    error: { type: error.type, message: error.message, ...buildCode(error) },
    request_id: requestId,
  });
}

/** Not in Anthropic's shape; clients pass over fields that they do not know. */
function buildCode({ vendorCode }: TollgateError): { code?: number } {
  return vendorCode === undefined ? {} : { code: vendorCode };
}

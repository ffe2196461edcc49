import type { RequestId, TollgateError } from '@tollgate/core';

/** How errors look in one protocol. Both functions give JSON-encoded text, whatever the message holds. */
export interface ErrorShape {
  /** The JSON body of an error answer. */
  buildBody(error: TollgateError, requestId: RequestId): string;
  /** The bytes of an error event inside a stream that has begun; the stream ends after it. */
  buildStreamEvent(error: TollgateError, requestId: RequestId): string;
}

import type { Protocol } from '@tollgate/core';
import type { ErrorShape } from './error-shape.ts';
import { geminiErrorShape } from './gemini-error-shape.ts';
import { messagesErrorShape } from './messages-error-shape.ts';
import { chatErrorShape } from './openai-error-shape.ts';
import { responsesErrorShape } from './responses-error-shape.ts';

/** How a client of `protocol` is told of errors. v1internal's envelope does not go around errors. */
export function selectErrorShape(protocol: Protocol): ErrorShape {
  switch (protocol) {
    case 'messages':
      return messagesErrorShape;
    case 'chat':
      return chatErrorShape;
    case 'responses':
      return responsesErrorShape;
    case 'gemini':
    case 'code-assist':
      return geminiErrorShape;
  }
}

import type { Protocol } from '@tollgate/core';
import { ChatChecker } from './chat-checker.ts';
import type { ConformanceChecker, ConformanceOptions } from './checker.ts';
import { GeminiArrayChecker, GeminiSseChecker } from './gemini-checker.ts';
import { MessagesChecker } from './messages-checker.ts';
import { ResponsesChecker } from './responses-checker.ts';

/** A new checker for one stream as the client of `protocol` sees it. `isArray`: Gemini without `alt=sse`. */
export function createConformanceChecker(
  protocol: Protocol,
  options: ConformanceOptions & { isArray?: boolean } = {},
): ConformanceChecker {
  switch (protocol) {
    case 'messages':
      return new MessagesChecker(options);
    case 'chat':
      return new ChatChecker(options);
    case 'responses':
      return new ResponsesChecker(options);
    case 'gemini':
    case 'code-assist': {
      const isEnveloped = protocol === 'code-assist';
      return options.isArray ? new GeminiArrayChecker(isEnveloped) : new GeminiSseChecker(isEnveloped);
    }
  }
}

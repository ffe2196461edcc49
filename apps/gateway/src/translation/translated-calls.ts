import type { Protocol } from '@tollgate/core';
import { codeAssistDialect } from '../dialects/code-assist-dialect.ts';
import type { UpstreamDialect } from '../dialects/dialect.ts';
import { geminiSseDialect } from '../dialects/gemini-dialects.ts';
import { messagesDialect } from '../dialects/messages-dialect.ts';
import { chatDialect, responsesDialect } from '../dialects/openai-dialects.ts';

/** How an upstream is called by us, where the client has called in another protocol. */
export interface TranslatedCall {
  dialect: UpstreamDialect;
  /** `pathPrefix`: as for the dialect's own `buildPath`. */
  buildPath(pathPrefix: string, upstreamModel: string, stream: boolean): string;
  /** ACC-9: what the fields of a translated request need. */
  headers: Record<string, string>;
}

export const TRANSLATED_CALLS: Readonly<Record<Protocol, TranslatedCall>> = {
  messages: {
    dialect: messagesDialect,
    buildPath: (pathPrefix) => `${pathPrefix}/v1/messages`,
    // The version that still takes temperature, top_p and top_k.
    headers: { 'anthropic-version': '2023-06-01' },
  },
  chat: {
    dialect: chatDialect,
    buildPath: (pathPrefix) => `${pathPrefix || '/v1'}/chat/completions`,
    headers: {},
  },
  responses: {
    dialect: responsesDialect,
    buildPath: (pathPrefix) => `${pathPrefix || '/v1'}/responses`,
    headers: {},
  },
  gemini: {
    dialect: geminiSseDialect,
    buildPath(pathPrefix, upstreamModel, stream) {
      const model = `${pathPrefix || '/v1beta'}/models/${encodeURIComponent(upstreamModel)}`;
      return model + buildMethod(stream);
    },
    headers: {},
  },
  'code-assist': {
    dialect: codeAssistDialect,
    buildPath: (pathPrefix, _upstreamModel, stream) => `${pathPrefix}/v1internal${buildMethod(stream)}`,
    headers: {},
  },
};

function buildMethod(stream: boolean): string {
  return stream ? ':streamGenerateContent?alt=sse' : ':generateContent';
}

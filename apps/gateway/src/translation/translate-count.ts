import { selectUpstreamProtocol } from '@tollgate/accounts';
import type { BodyPool } from '@tollgate/body';
import { TollgateError, type Protocol } from '@tollgate/core';
import type { WireProtocol } from '@tollgate/translate';
import type { RequestContext } from '../request-context.ts';
import { injectsMcpXml } from './injects-mcp-xml.ts';
import { runTranslation } from './run-translation.ts';
import type { TranslateServices } from './translate-attempt.ts';
import { TRANSLATED_CALLS, type TranslatedCall } from './translated-calls.ts';
import type { Translation, TranslationTarget } from './translation.ts';

/** The upstreams that count, and how. */
const COUNTS: Readonly<Partial<Record<Protocol, TranslatedCall>>> = {
  messages: {
    ...TRANSLATED_CALLS.messages,
    buildPath: (pathPrefix) => `${pathPrefix}/v1/messages/count_tokens`,
  },
  gemini: {
    ...TRANSLATED_CALLS.gemini,
    buildPath: (pathPrefix, upstreamModel) =>
      `${pathPrefix || '/v1beta'}/models/${encodeURIComponent(upstreamModel)}:countTokens`,
  },
  'code-assist': {
    ...TRANSLATED_CALLS['code-assist'],
    buildPath: (pathPrefix) => `${pathPrefix}/v1internal:countTokens`,
  },
};

/**
 * API-5: a count in the words of the account's upstream, of what the request would be there; null = it speaks the
 * client's protocol, or does not count. Exit: as for translateAttempt.
 */
export function translateCount(
  context: RequestContext,
  target: TranslationTarget,
  { bodies }: Pick<TranslateServices, 'bodies'>,
): Promise<Translation | TollgateError> | null {
  const { protocol } = context.dialect;
  const to = selectUpstreamProtocol(target.account, protocol);
  const call = COUNTS[to];
  if (protocol === 'code-assist' || to === protocol || call === undefined) return null;
  return translate(context, protocol, { ...target, to, call }, bodies);
}

async function translate(
  context: RequestContext,
  from: WireProtocol,
  target: TranslationTarget & { to: Protocol; call: TranslatedCall },
  bodies: BodyPool,
): Promise<Translation | TollgateError> {
  const result = await runTranslation(
    context,
    context.parsed.body,
    {
      from,
      to: target.to === 'messages' ? 'messages' : 'gemini',
      upstreamModel: target.upstreamModel,
      stream: false,
      outputTokensMax: null,
      isCodeAssist: target.to === 'code-assist',
      isCount: true,
      injectsMcpXml: injectsMcpXml(context, target.account),
    },
    bodies,
  );
  if (result instanceof TollgateError) return result;
  const { body, dropped, isApproximate } = result;
  return {
    call: target.call,
    stream: false,
    body,
    dropped,
    isApproximate,
    isEnveloped: false,
    answer: null,
    framing: 'sse',
  };
}

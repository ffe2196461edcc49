import { selectUpstreamProtocol } from '@tollgate/accounts';
import type { BodyPool } from '@tollgate/body';
import { TollgateError } from '@tollgate/core';
import type { WireProtocol } from '@tollgate/translate';
import type { RequestContext } from '../request-context.ts';
import { codeAssistDialect } from '../dialects/code-assist-dialect.ts';
import { injectsMcpXml } from './injects-mcp-xml.ts';
import { runTranslation } from './run-translation.ts';
import type { TranslateServices } from './translate-attempt.ts';
import type { TranslatedCall } from './translated-calls.ts';
import type { Translation, TranslationTarget } from './translation.ts';

const COUNT: TranslatedCall = {
  dialect: codeAssistDialect,
  buildPath: (pathPrefix) => `${pathPrefix}/v1internal:countTokens`,
  headers: {},
};

/**
 * API-5: a count in the words of a code-assist upstream, whichever of the protocols that count the client speaks; null =
 * the account has none of its own, or has the client's. Exit: as for translateAttempt.
 */
export function translateCount(
  context: RequestContext,
  target: TranslationTarget,
  { bodies }: Pick<TranslateServices, 'bodies'>,
): Promise<Translation | TollgateError> | null {
  const { protocol } = context.dialect;
  if (protocol === 'code-assist' || selectUpstreamProtocol(target.account, protocol) !== 'code-assist')
    return null;
  return translate(context, protocol, target, bodies);
}

async function translate(
  context: RequestContext,
  from: WireProtocol,
  target: TranslationTarget,
  bodies: BodyPool,
): Promise<Translation | TollgateError> {
  const result = await runTranslation(
    context,
    context.parsed.body,
    {
      from,
      to: 'gemini',
      upstreamModel: target.upstreamModel,
      stream: false,
      outputTokensMax: null,
      isCodeAssist: true,
      isCount: true,
      injectsMcpXml: injectsMcpXml(context, target.account),
    },
    bodies,
  );
  if (result instanceof TollgateError) return result;
  const { body, dropped, isApproximate } = result;
  return {
    call: COUNT,
    stream: false,
    body,
    dropped,
    isApproximate,
    isEnveloped: false,
    answer: null,
    framing: 'sse',
  };
}

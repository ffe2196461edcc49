import type { BodyPool } from '@tollgate/body';
import { TollgateError } from '@tollgate/core';
import { stripSignatures } from '@tollgate/protocol';
import { listLeftOut, type RequestTranslationOptions } from '@tollgate/translate';
import type { RequestContext } from '../request-context.ts';
import { injectsMcpXml } from './injects-mcp-xml.ts';
import { runTranslation } from './run-translation.ts';
import type { Translation, TranslationFrame, TranslationTarget } from './translation.ts';
import { selectFlavour, wrapTranslation } from './wrap-translation.ts';

/** No writer of JSON escapes letters: where these bytes are not, no MCP tool is. */
const MCP_PREFIX = 'mcp__';

/**
 * A Gemini client's request in the envelope: its own bytes (API-2), but for signatures that this account cannot read
 * (SEL-7), and for MCP tools that are called in XML (API-7).
 */
export function wrapOwn(
  context: RequestContext,
  target: TranslationTarget,
  frame: TranslationFrame,
  { bodies }: { bodies: BodyPool },
): Translation | Promise<Translation | TollgateError> {
  const { body } = context.parsed;
  const hasMcpTools = injectsMcpXml(context, target.account) && body.includes(MCP_PREFIX);
  return hasMcpTools
    ? injectAndWrap(context, target, frame, bodies)
    : wrap(context, target, frame, { body, mcpTools: [] });
}

async function injectAndWrap(
  context: RequestContext,
  target: TranslationTarget,
  frame: TranslationFrame,
  bodies: BodyPool,
): Promise<Translation | TollgateError> {
  const result = await runTranslation(context, context.parsed.body, buildOptions(target, frame), bodies);
  if (result instanceof TollgateError) return result;
  const { body, context: answer } = result;
  return wrap(context, target, frame, { body, mcpTools: answer.mcpTools ?? [] });
}

function buildOptions(
  { upstreamModel }: TranslationTarget,
  { stream }: TranslationFrame,
): RequestTranslationOptions {
  return {
    from: 'gemini',
    to: 'gemini',
    upstreamModel,
    stream,
    outputTokensMax: null,
    isCodeAssist: true,
    injectsMcpXml: true,
  };
}

function wrap(
  context: RequestContext,
  target: TranslationTarget,
  frame: TranslationFrame,
  { body, mcpTools }: { body: Buffer; mcpTools: readonly string[] },
): Translation {
  const { upstreamModel } = target;
  const readable = context.stripsSignatures ? (stripSignatures('gemini', body, upstreamModel) ?? body) : body;
  return {
    ...frame,
    body: wrapTranslation(context, target, readable),
    dropped: listLeftOut(readable, selectFlavour(target.account)),
    answer: null,
    mcpTools,
  };
}

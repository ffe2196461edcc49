import { randomUUID } from 'node:crypto';
import { selectUpstreamProtocol } from '@tollgate/accounts';
import type { BodyPool } from '@tollgate/body';
import { TollgateError, type Clock, type Protocol } from '@tollgate/core';
import type { PriceBook } from '@tollgate/pricing';
import type { RequestTranslationOptions, WireProtocol } from '@tollgate/translate';
import type { RequestContext } from '../request-context.ts';
import { injectsMcpXml } from './injects-mcp-xml.ts';
import { runTranslation } from './run-translation.ts';
import { TRANSLATED_CALLS } from './translated-calls.ts';
import type { Translation, TranslationFrame, TranslationTarget } from './translation.ts';
import { wrapOwn } from './wrap-own.ts';
import { wrapTranslation } from './wrap-translation.ts';

export interface TranslateServices {
  bodies: BodyPool;
  prices: PriceBook;
  clock: Clock;
}

/**
 * API-3: the client's request in the account's own protocol. null = they speak the same, and the bytes pass. Exit: 400
 * that names the field which the account's protocol cannot carry; 503 when the worker pool is full.
 */
export function translateAttempt(
  context: RequestContext,
  target: TranslationTarget,
  services: TranslateServices,
): Translation | TollgateError | null | Promise<Translation | TollgateError> {
  const from = context.dialect.protocol;
  const to = selectUpstreamProtocol(target.account, from);
  if (from === to) return null;
  const isEnveloped = to === 'code-assist';
  const frame: TranslationFrame = {
    call: TRANSLATED_CALLS[to],
    stream: context.parsed.scan.stream,
    isEnveloped,
    framing: context.arrayState === null ? 'sse' : 'array',
  };
  if (isEnveloped && from === 'gemini') return wrapOwn(context, target, frame, services);
  return translateTo(context, asWire(from), target, frame, services);
}

async function translateTo(
  context: RequestContext,
  from: WireProtocol,
  target: TranslationTarget,
  frame: TranslationFrame,
  services: TranslateServices,
): Promise<Translation | TollgateError> {
  const { scan, body } = context.parsed;
  const options = buildOptions(context, from, target, frame, services);
  const result = await runTranslation(context, body, options, services.bodies);
  if (result instanceof TollgateError) return result;
  return {
    ...frame,
    body: frame.isEnveloped ? wrapTranslation(context, target, result.body) : result.body,
    dropped: result.dropped,
    answer: {
      // The answer goes the other way round.
      from: options.to,
      to: from,
      model: scan.model,
      context: result.context,
      createdAtS: Math.floor(services.clock.nowMs() / 1_000),
      createId: () => randomUUID().replaceAll('-', ''),
      framing: frame.framing,
    },
  };
}

function buildOptions(
  context: RequestContext,
  from: WireProtocol,
  { account, upstreamModel }: TranslationTarget,
  { call, stream, isEnveloped }: TranslationFrame,
  { prices }: TranslateServices,
): RequestTranslationOptions {
  return {
    from,
    to: isEnveloped ? 'gemini' : asWire(call.dialect.protocol),
    upstreamModel,
    stream,
    outputTokensMax: prices.findMaxOutput(upstreamModel),
    isCodeAssist: isEnveloped,
    injectsMcpXml: injectsMcpXml(context, account),
  };
}

function asWire(protocol: Protocol): WireProtocol {
  if (protocol === 'code-assist') throw new TypeError('code-assist is an envelope, no protocol of its own');
  return protocol;
}

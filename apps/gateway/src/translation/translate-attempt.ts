import { randomUUID } from 'node:crypto';
import { selectUpstreamProtocol, type SpeakingAccount } from '@tollgate/accounts';
import { INLINE_SCAN_BYTES_MAX, type BodyPool, type TranslatedBody } from '@tollgate/body';
import { TollgateError, type Clock, type Protocol } from '@tollgate/core';
import type { PriceBook } from '@tollgate/pricing';
import type { RequestTranslationOptions, WireProtocol } from '@tollgate/translate';
import type { RequestContext } from '../request-context.ts';
import { whileClientStays } from '../while-client-stays.ts';
import { TRANSLATED_CALLS } from './translated-calls.ts';
import type { Translation } from './translation.ts';
import { wrapTranslation } from './wrap-translation.ts';

export interface TranslateServices {
  bodies: BodyPool;
  prices: PriceBook;
  clock: Clock;
}

export interface TranslationTarget {
  account: SpeakingAccount;
  upstreamModel: string;
}

/** What all translations to one account have in common. */
type TranslationFrame = Pick<Translation, 'call' | 'stream' | 'isEnveloped' | 'framing'>;

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
  if (isEnveloped && from === 'gemini') return wrapOwn(context, target, frame);
  return translateTo(context, asWire(from), target, frame, services);
}

/** The client's own bytes in the envelope. */
function wrapOwn(context: RequestContext, target: TranslationTarget, frame: TranslationFrame): Translation {
  const body = wrapTranslation(context, target, context.parsed.body);
  return { ...frame, body, dropped: [], answer: null };
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
  const { result, body: kept } = await runTranslation(context, body, options, services.bodies);
  context.body = kept;
  if (!result.ok) {
    const { message, param } = result;
    return new TollgateError('invalid_request', { message, ...(param !== null && { param }) });
  }
  return {
    ...frame,
    body: frame.isEnveloped ? wrapTranslation(context, target, result.body) : viewBytes(result.body),
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
  { admitted }: RequestContext,
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
    injectsMcpXml: account.platform === 'antigravity' && admitted.group.mcpXmlInject,
  };
}

function runTranslation(
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

function asWire(protocol: Protocol): WireProtocol {
  if (protocol === 'code-assist') throw new TypeError('code-assist is an envelope, no protocol of its own');
  return protocol;
}

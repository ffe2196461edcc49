import { randomUUID } from 'node:crypto';
import { selectUpstreamProtocol } from '@tollgate/accounts';
import { INLINE_SCAN_BYTES_MAX, type BodyPool, type TranslatedBody } from '@tollgate/body';
import { TollgateError, type AccountSnapshot, type Clock, type Protocol } from '@tollgate/core';
import type { PriceBook } from '@tollgate/pricing';
import type { AnswerTranslationOptions, RequestTranslationOptions, WireProtocol } from '@tollgate/translate';
import type { RequestContext } from '../request-context.ts';
import { whileClientStays } from '../while-client-stays.ts';
import { TRANSLATED_CALLS } from './translated-calls.ts';
import type { Translation } from './translation.ts';

export interface TranslateServices {
  bodies: BodyPool;
  prices: PriceBook;
  clock: Clock;
}

export interface TranslationTarget {
  account: Pick<AccountSnapshot, 'platform' | 'kind' | 'upstreamProtocol'>;
  upstreamModel: string;
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
  return from === to ? null : translateTo(context, asWire(from), asWire(to), target.upstreamModel, services);
}

async function translateTo(
  context: RequestContext,
  from: WireProtocol,
  to: WireProtocol,
  upstreamModel: string,
  services: TranslateServices,
): Promise<Translation | TollgateError> {
  const { body, scan } = context.parsed;
  const { stream } = scan;
  const outputTokensMax = services.prices.findMaxOutput(upstreamModel);
  const options: RequestTranslationOptions = { from, to, upstreamModel, stream, outputTokensMax };
  const { result, body: kept } = await runTranslation(context, body, options, services.bodies);
  context.body = kept;
  if (!result.ok) {
    const { message, param } = result;
    return new TollgateError('invalid_request', { message, ...(param !== null && { param }) });
  }
  return {
    call: TRANSLATED_CALLS[to],
    body: Buffer.from(result.body.buffer, result.body.byteOffset, result.body.byteLength),
    stream,
    dropped: result.dropped,
    answer: {
      // The answer goes the other way round.
      from: to,
      to: from,
      model: scan.model,
      context: result.context,
      createdAtS: Math.floor(services.clock.nowMs() / 1_000),
      createId: () => randomUUID().replaceAll('-', ''),
      ...buildFraming(context),
    },
  };
}

function runTranslation(
  context: RequestContext,
  body: Buffer,
  options: RequestTranslationOptions,
  bodies: TranslateServices['bodies'],
): TranslatedBody | Promise<TranslatedBody> {
  if (body.length <= INLINE_SCAN_BYTES_MAX) return bodies.translate(body, options);
  return whileClientStays(context, (signal) => bodies.translate(body, options, signal));
}

function buildFraming({ dialect, arrayState }: RequestContext): Pick<AnswerTranslationOptions, 'framing'> {
  if (dialect.protocol !== 'gemini') return {};
  return { framing: arrayState === null ? 'sse' : 'array' };
}

function asWire(protocol: Protocol): WireProtocol {
  if (protocol === 'code-assist') throw new TypeError('code-assist is an envelope, no protocol of its own');
  return protocol;
}

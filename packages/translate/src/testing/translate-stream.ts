import type { AnswerContext } from '../conversation/answer-context.ts';
import type { WireProtocol } from '../conversation/wire-protocol.ts';
import { createStreamTranslator } from '../create-stream-translator.ts';
import { selectParts } from '../protocols.ts';
import { buildAnswerScope, type AnswerTranslationOptions } from '../translate-answer.ts';
import { CollectorSink } from './collector-sink.ts';

/** A client that wants to see all that there is. */
export const OPEN_CONTEXT: AnswerContext = {
  includesUsage: true,
  showsThoughts: true,
  toolNames: {},
  echo: {},
};

export function buildOptions(
  from: WireProtocol,
  to: WireProtocol,
  more: Partial<AnswerTranslationOptions> = {},
): AnswerTranslationOptions {
  let made = 0;
  const createId = (): string => `made${(made += 1)}`;
  return {
    from,
    to,
    model: 'client-model',
    context: OPEN_CONTEXT,
    createdAtS: 1_700_000_000,
    createId,
    ...more,
  };
}

export interface TranslatedStream {
  bytes: Buffer;
  isComplete: boolean;
}

/** Translates a stream in the given pieces, each spoilt after its push as a reused read buffer would be. */
export function translateStream(
  pieces: readonly Buffer[],
  options: AnswerTranslationOptions,
): TranslatedStream {
  const translator = createStreamTranslator(options);
  const out = pieces.map((piece) => {
    const chunk = Buffer.from(piece);
    const bytes = translator.push(chunk);
    chunk.fill(0x0a);
    return bytes;
  });
  out.push(translator.end());
  return { bytes: Buffer.concat(out), isComplete: translator.isComplete };
}

/** Cuts bytes at the given places, each taken modulo the length. */
export function cutBytes(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  borders.sort((a, b) => a - b);
  return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
}

/** What a stream of a protocol tells, read by that protocol's reader. */
export function collectStream(protocol: WireProtocol, bytes: Buffer): CollectorSink {
  const sink = new CollectorSink();
  const reader = selectParts(protocol).createReader(sink, buildAnswerScope(buildOptions(protocol, protocol)));
  reader.push(Buffer.from(bytes));
  reader.end();
  return sink;
}

import type { RecordedRequest } from './recorded-request.ts';
import { parseSimulatedCall } from './parse-simulated-call.ts';

/** The last piece of content over again, in protocols of OpenAI and Google; null = another protocol. */
export function buildEndlessPiece(pieces: readonly Buffer[], request: RecordedRequest): Buffer | null {
  return parseSimulatedCall(request) === null ? null : (pieces.at(-1) ?? null);
}

import type { ProtocolParts } from '../conversation/protocol-parts.ts';
import { buildGeminiAnswer } from './build-answer.ts';
import { buildGeminiRequest } from './build-request.ts';
import { decodeGeminiAnswer } from './decode-answer.ts';
import { decodeGeminiRequest } from './decode-request.ts';
import { GeminiReader } from './stream-reader.ts';
import { GeminiWriter } from './stream-writer.ts';

/** Google's generateContent. */
export const GEMINI_PARTS: ProtocolParts = {
  decodeRequest: decodeGeminiRequest,
  buildRequest: buildGeminiRequest,
  decodeAnswer: decodeGeminiAnswer,
  buildAnswer: buildGeminiAnswer,
  createReader: (sink, scope) => new GeminiReader(sink, scope),
  createWriter: (out, scope) => new GeminiWriter(out, scope),
};

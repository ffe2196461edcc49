import { countSimulatedTokens } from './messages-answer.ts';
import type { SimulatedAnswer, StreamPieces } from './protocol-answers.ts';
import { splitText } from './split-text.ts';

export function buildGeminiJson(answer: SimulatedAnswer): object {
  return buildChunk(answer, answer.text, true);
}

/** As SSE or as one array; the end is the close. */
export function buildGeminiChunks(answer: SimulatedAnswer): StreamPieces {
  const texts = splitText(answer.text);
  const chunks = texts.map((text, index) => buildChunk(answer, text, index === texts.length - 1));
  if (!answer.isArray)
    return {
      pieces: chunks.map((chunk) => Buffer.from(`data: ${JSON.stringify(chunk)}\r\n\r\n`)),
      endingPieces: 1,
    };
  const elements = chunks.map((chunk, index) =>
    Buffer.from(`${index === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk)}\n`),
  );
  return { pieces: [...elements, Buffer.from(']')], endingPieces: 2 };
}

function buildChunk(answer: SimulatedAnswer, text: string, isLast: boolean): object {
  const { number, model } = answer;
  const content = { parts: [{ text }], role: 'model' };
  return {
    candidates: [{ content, ...(isLast && { finishReason: 'STOP' }), index: 0 }],
    usageMetadata: buildUsage(answer),
    modelVersion: model,
    responseId: `sim${number}`,
  };
}

function buildUsage({ inputText, text, usage }: SimulatedAnswer): object {
  const promptTokenCount = countSimulatedTokens(inputText);
  const candidatesTokenCount = countSimulatedTokens(text);
  return {
    promptTokenCount,
    candidatesTokenCount,
    totalTokenCount: promptTokenCount + candidatesTokenCount,
    ...usage,
  };
}

import { countSimulatedTokens } from './messages-answer.ts';
import { collectSaid, type SimulatedAnswer, type StreamPieces } from './simulated-answer.ts';
import { splitText } from './split-text.ts';

export function buildGeminiJson(answer: SimulatedAnswer): object {
  return buildChunk(answer, listParts(answer, [answer.text]), true);
}

/** As SSE or as one array; the end is the close. */
export function buildGeminiChunks(answer: SimulatedAnswer): StreamPieces {
  const parts = listParts(answer, splitText(answer.text));
  const chunks = parts.map((part, index) => buildChunk(answer, [part], index === parts.length - 1));
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

/** Calls come whole, without ids, and the turn still ends with STOP. */
function listParts({ text, toolCalls }: SimulatedAnswer, texts: readonly string[]): object[] {
  const calls = toolCalls.map(({ name, input }) => ({
    functionCall: { name, args: typeof input === 'string' ? { input } : input },
  }));
  return [...(text === '' && calls.length > 0 ? [] : texts.map((each) => ({ text: each }))), ...calls];
}

function buildChunk(answer: SimulatedAnswer, parts: object[], isLast: boolean): object {
  const { number, model } = answer;
  const content = { parts, role: 'model' };
  return {
    candidates: [{ content, ...(isLast && { finishReason: 'STOP' }), index: 0 }],
    usageMetadata: buildUsage(answer),
    modelVersion: model,
    responseId: `sim${number}`,
  };
}

function buildUsage(answer: SimulatedAnswer): object {
  const { inputText, usage } = answer;
  const promptTokenCount = countSimulatedTokens(inputText);
  const candidatesTokenCount = countSimulatedTokens(collectSaid(answer));
  return {
    promptTokenCount,
    candidatesTokenCount,
    totalTokenCount: promptTokenCount + candidatesTokenCount,
    ...usage,
  };
}

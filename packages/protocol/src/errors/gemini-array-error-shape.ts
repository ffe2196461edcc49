import type { ErrorShape } from './error-shape.ts';
import { geminiErrorShape } from './gemini-error-shape.ts';

/**
 * Gemini without `alt=sse`: the stream is one JSON array, and an error its last element. `hasElements`: some have been
 * written, so that the array is open. Before a stream Google's own endpoint puts the array around the error too.
 */
export function createGeminiArrayErrorShape(hasElements: () => boolean): ErrorShape {
  return {
    buildBody: (error, requestId) => `[${geminiErrorShape.buildBody(error, requestId)}]`,
    buildStreamEvent: (error, requestId) =>
      `${hasElements() ? ',' : '['}${geminiErrorShape.buildBody(error, requestId)}]`,
  };
}

import { countSimulatedTokens } from './messages-answer.ts';
import type { SimulatedAnswer, StreamPieces } from './protocol-answers.ts';
import { splitText } from './split-text.ts';

const CREATED = 1_790_000_000;

export function buildChatJson(answer: SimulatedAnswer): object {
  return {
    id: buildId(answer),
    object: 'chat.completion',
    created: CREATED,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answer.text, refusal: null },
        finish_reason: 'stop',
      },
    ],
    usage: buildUsage(answer),
  };
}

/** Usage comes in a chunk of its own, and only where it was asked for. */
export function buildChatEvents(answer: SimulatedAnswer): StreamPieces {
  const chunk = (choices: object[], rest: object = {}): Buffer =>
    Buffer.from(
      `data: ${JSON.stringify({
        id: buildId(answer),
        object: 'chat.completion.chunk',
        created: CREATED,
        model: answer.model,
        choices,
        ...(answer.wantsUsage && { usage: null }),
        ...rest,
      })}\n\n`,
    );
  return {
    pieces: [
      chunk(buildChoice({ role: 'assistant', content: '' })),
      ...splitText(answer.text).map((content) => chunk(buildChoice({ content }))),
      chunk(buildChoice({}, 'stop')),
      ...(answer.wantsUsage ? [chunk([], { usage: buildUsage(answer) })] : []),
      Buffer.from('data: [DONE]\n\n'),
    ],
    endingPieces: answer.wantsUsage ? 3 : 2,
  };
}

function buildChoice(delta: object, finish_reason: string | null = null): object[] {
  return [{ index: 0, delta, finish_reason }];
}

function buildId({ number }: SimulatedAnswer): string {
  return `chatcmpl-sim${number}`;
}

function buildUsage({ inputText, text, usage }: SimulatedAnswer): object {
  const prompt_tokens = countSimulatedTokens(inputText);
  const completion_tokens = countSimulatedTokens(text);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, ...usage };
}

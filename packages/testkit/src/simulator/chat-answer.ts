import { countSimulatedTokens } from './messages-answer.ts';
import { collectSaid, encodeToolInput, type SimulatedAnswer, type StreamPieces } from './simulated-answer.ts';
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
        message: {
          role: 'assistant',
          content: answer.text === '' && answer.toolCalls.length > 0 ? null : answer.text,
          refusal: null,
          ...(answer.toolCalls.length > 0 && { tool_calls: buildToolCalls(answer) }),
        },
        finish_reason: selectFinish(answer),
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
      ...listDeltas(answer).map((delta) => chunk(buildChoice(delta))),
      chunk(buildChoice({}, selectFinish(answer))),
      ...(answer.wantsUsage ? [chunk([], { usage: buildUsage(answer) })] : []),
      Buffer.from('data: [DONE]\n\n'),
    ],
    endingPieces: answer.wantsUsage ? 3 : 2,
  };
}

/** A call's id and name come once, in the piece that opens it. */
function listDeltas(answer: SimulatedAnswer): object[] {
  const calls = buildToolCalls(answer).flatMap(listCallDeltas);
  const texts = answer.text === '' && calls.length > 0 ? [] : splitText(answer.text);
  return [...texts.map((content) => ({ content })), ...calls];
}

function listCallDeltas({ id, type, function: called }: ChatToolCall, index: number): object[] {
  const opening = { index, id, type, function: { name: called.name, arguments: '' } };
  const rest = splitText(called.arguments).map((part) => ({ index, function: { arguments: part } }));
  return [opening, ...rest].map((call) => ({ tool_calls: [call] }));
}

interface ChatToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

function buildToolCalls({ toolCalls, number }: SimulatedAnswer): ChatToolCall[] {
  return toolCalls.map(({ name, input }, index) => ({
    id: `call_sim${number}_${index}`,
    type: 'function',
    function: { name, arguments: encodeToolInput(input) },
  }));
}

function selectFinish({ toolCalls }: SimulatedAnswer): string {
  return toolCalls.length > 0 ? 'tool_calls' : 'stop';
}

function buildChoice(delta: object, finish_reason: string | null = null): object[] {
  return [{ index: 0, delta, finish_reason }];
}

function buildId({ number }: SimulatedAnswer): string {
  return `chatcmpl-sim${number}`;
}

function buildUsage(answer: SimulatedAnswer): object {
  const { inputText, usage } = answer;
  const prompt_tokens = countSimulatedTokens(inputText);
  const completion_tokens = countSimulatedTokens(collectSaid(answer));
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, ...usage };
}

import { ZERO_USAGE, type TokenUsage } from '@tollgate/core';
import * as fc from 'fast-check';
import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock, TextBlock, ToolCallBlock, UserBlock } from '../conversation/blocks.ts';
import {
  emptyRequest,
  type ConversationRequest,
  type ToolDefinition,
  type Turn,
} from '../conversation/conversation-request.ts';

/** Any text, odd characters included; never white space alone or at an end, which Anthropic refuses. */
export const words: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('\u0000', '\ud800', '\udc00 half', '"}\\n\n\r\n data: x', '\u2028', '😀', ''),
  )
  .map((text) => `<${text}>`);

const textBlock: fc.Arbitrary<TextBlock> = words.map((text) => ({ type: 'text', text }));
const toolName = fc.constantFrom('look_up', 'get_weather', 'mcp__notes__read', 'A1');
/** JSON without the values that JSON does not keep. */
const argumentsJson = fc
  .dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  .map((value) => JSON.stringify(value));

interface Step {
  user: TextBlock[];
  said: TextBlock | null;
  calls: { name: string; json: string; result: string }[];
}

const step: fc.Arbitrary<Step> = fc.record({
  user: fc.array(textBlock, { minLength: 1, maxLength: 2 }),
  said: fc.option(textBlock),
  calls: fc.array(fc.record({ name: toolName, json: argumentsJson, result: words }), { maxLength: 3 }),
});

/** A user speaks, the model answers in words and calls, the calls get their results. */
function buildTurns(steps: readonly Step[]): Turn[] {
  const turns: Turn[] = [];
  steps.forEach(({ user, said, calls }, at) => {
    const blocks: AssistantBlock[] = said === null ? [] : [said];
    const results: UserBlock[] = [];
    calls.forEach(({ name, json, result }, index) => {
      const id = `call_${at}_${index}`;
      blocks.push({ type: 'tool-call', id, name, arguments: json });
      const content: TextBlock[] = [{ type: 'text', text: result }];
      results.push({ type: 'tool-result', callId: id, name, content, isError: false });
    });
    turns.push(
      { role: 'user', blocks: user },
      { role: 'assistant', blocks },
      { role: 'user', blocks: results },
    );
  });
  return turns.filter(({ blocks }) => blocks.length > 0);
}

export const conversation: fc.Arbitrary<ConversationRequest> = fc
  .record({
    system: fc.option(textBlock),
    steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    last: textBlock,
  })
  .map(({ system, steps, last }) => {
    const request = emptyRequest();
    request.system = system === null ? [] : [system];
    request.turns = [...buildTurns(steps), { role: 'user', blocks: [last] }];
    request.tools = [buildTool('look_up'), buildTool('get_weather')];
    request.outputTokensMax = 1000;
    return request;
  });

function buildTool(name: string): ToolDefinition {
  return { name, description: name, schema: null, isStrict: null };
}

const count = fc.nat(1_000_000);
/** Figures of the classes that all protocols know. */
const usage: fc.Arbitrary<TokenUsage> = fc
  .tuple(count, count, count, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([inputTokens, cacheReadTokens, outputTokens, share]) =>
    Object.assign({}, ZERO_USAGE, {
      inputTokens,
      cacheReadTokens,
      outputTokens,
      reasoningTokens: Math.floor(outputTokens * share),
    }),
  );

const call: fc.Arbitrary<ToolCallBlock> = fc
  .tuple(fc.nat(1e9), toolName, argumentsJson)
  .map(([id, name, json]) => ({ type: 'tool-call', id: `call_${id}`, name, arguments: json }));

/** Text first and calls behind it, as all models do. */
export const answer: fc.Arbitrary<Answer> = fc
  .record({
    text: fc.option(words),
    calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id }) => id }),
    stop: fc.constantFrom('end', 'length', 'refusal'),
    usage,
  })
  .map(({ text, calls, stop, usage: figures }) => ({
    id: 'msg_generated',
    blocks: [...(text === null ? [] : [{ type: 'text' as const, text }]), ...calls],
    stop: calls.length > 0 ? 'tool-calls' : stop,
    stopSequence: null,
    usage: figures,
  }));

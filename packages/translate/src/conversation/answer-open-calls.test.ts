import { findRequestFault } from '@tollgate/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { translateRequest } from '../translate-request.ts';
import { INTERRUPTED } from './answer-open-calls.ts';
import { WIRE_PROTOCOLS, type WireProtocol } from './wire-protocol.ts';

const MODELS: Record<WireProtocol, string> = {
  messages: 'claude-sonnet-4-5',
  chat: 'gpt-4.1',
  responses: 'gpt-5',
  gemini: 'gemini-3-pro',
};

/** One step of a history; the calls are answered or not, late or at once. */
type Step = { say: string } | { calls: boolean[]; isLate: boolean; words: string | null };
type Json = Record<string, unknown>;

/** A history in each protocol's words; `id` names a call by its step and place. */
const BUILD: Record<WireProtocol, (steps: readonly Step[]) => Json> = {
  messages: (steps) => ({
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Go.' }, ...steps.flatMap(buildMessagesStep)],
  }),
  chat: (steps) => ({ messages: [{ role: 'user', content: 'Go.' }, ...steps.flatMap(buildChatStep)] }),
  responses: (steps) => ({ input: [{ role: 'user', content: 'Go.' }, ...steps.flatMap(buildResponsesStep)] }),
  gemini: (steps) => ({
    contents: [{ role: 'user', parts: [{ text: 'Go.' }] }, ...steps.flatMap(buildGeminiStep)],
  }),
};

const listIds = (calls: readonly boolean[], at: number) => calls.map((_, index) => `call_${at}_${index}`);
const listAnswered = (calls: readonly boolean[], at: number) =>
  listIds(calls, at).filter((_, index) => calls[index]);

function buildMessagesStep(step: Step, at: number): Json[] {
  if ('say' in step) return [{ role: 'user', content: step.say }];
  const content = listIds(step.calls, at).map((id) => ({ type: 'tool_use', id, name: 'f', input: {} }));
  const results = listAnswered(step.calls, at).map((id) => ({
    type: 'tool_result',
    tool_use_id: id,
    content: id,
  }));
  const words = step.words === null ? [] : [{ type: 'text', text: step.words }];
  const said = [...results, ...words];
  return [{ role: 'assistant', content }, ...(said.length > 0 ? [{ role: 'user', content: said }] : [])];
}

function buildChatStep(step: Step, at: number): Json[] {
  if ('say' in step) return [{ role: 'user', content: step.say }];
  const tool_calls = listIds(step.calls, at).map((id) => ({
    id,
    type: 'function',
    function: { name: 'f', arguments: '{}' },
  }));
  const results = listAnswered(step.calls, at).map((id) => ({ role: 'tool', tool_call_id: id, content: id }));
  const words = step.words === null ? [] : [{ role: 'user', content: step.words }];
  return [
    { role: 'assistant', content: null, tool_calls },
    ...(step.isLate ? [...words, ...results] : [...results, ...words]),
  ];
}

function buildResponsesStep(step: Step, at: number): Json[] {
  if ('say' in step) return [{ role: 'user', content: step.say }];
  const calls = listIds(step.calls, at).map((call_id) => ({
    type: 'function_call',
    call_id,
    name: 'f',
    arguments: '{}',
  }));
  const results = listAnswered(step.calls, at).map((id) => ({
    type: 'function_call_output',
    call_id: id,
    output: id,
  }));
  const words = step.words === null ? [] : [{ role: 'user', content: step.words }];
  return [...calls, ...(step.isLate ? [...words, ...results] : [...results, ...words])];
}

function buildGeminiStep(step: Step, at: number): Json[] {
  if ('say' in step) return [{ role: 'user', parts: [{ text: step.say }] }];
  const calls = listIds(step.calls, at).map((id) => ({ functionCall: { id, name: 'f', args: {} } }));
  const results = listAnswered(step.calls, at).map((id) => ({
    functionResponse: { id, name: 'f', response: { output: id } },
  }));
  const words = step.words === null ? [] : [{ text: step.words }];
  const parts = [...results, ...words];
  return [{ role: 'model', parts: calls }, ...(parts.length > 0 ? [{ role: 'user', parts }] : [])];
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ say: fc.constantFrom('And?', 'Well?') }),
  fc.record({
    calls: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
    isLate: fc.boolean(),
    words: fc.option(fc.constantFrom('Stop.', 'Never mind.')),
  }),
);

const PAIRS = WIRE_PROTOCOLS.flatMap((from) =>
  WIRE_PROTOCOLS.filter((to) => to !== from).map((to) => [from, to] as const),
);

function translate(from: WireProtocol, to: WireProtocol, steps: readonly Step[]): string {
  const body = { model: 'm', ...BUILD[from](steps) };
  const options = { from, to, upstreamModel: MODELS[to], stream: true, outputTokensMax: null };
  const result = translateRequest(Buffer.from(JSON.stringify(body)), options);
  if (!result.ok) throw new Error(result.message);
  return Buffer.from(result.body).toString();
}

describe('calls that nobody has answered', () => {
  it.each(PAIRS)('[API-3] %s → %s: the upstream takes the history, whichever calls are open', (from, to) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const sent = translate(from, to, steps);
        expect(findRequestFault(to, JSON.parse(sent), { model: MODELS[to] })).toBeNull();
        const open = steps.flatMap((each) => ('calls' in each ? each.calls : [])).filter((is) => !is);
        expect(sent.split(INTERRUPTED).length - 1).toBe(open.length);
      }),
      { numRuns: 150 },
    );
  });

  it.each(PAIRS)('[API-3] %s → %s: a turn later the same history says the same', (from, to) => {
    const steps: Step[] = [{ calls: [false, true], isLate: false, words: 'Stop.' }];
    const before = translate(from, to, steps);
    const after = translate(from, to, [...steps, { calls: [true], isLate: false, words: null }]);
    const [head = ''] = before.split('Stop.');
    expect(after.startsWith(head.slice(head.indexOf('call_0_0')), after.indexOf('call_0_0'))).toBe(true);
  });
});

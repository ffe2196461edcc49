import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAcceptableElsewhere } from './is-acceptable-elsewhere.ts';

const anthropic = (message: string) =>
  JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message }, request_id: 'req_1' });
const openai = (message: string, code: string | null) =>
  JSON.stringify({ error: { message, type: 'invalid_request_error', param: 'messages', code } });
const gemini = (message: string) =>
  JSON.stringify({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } });

describe('[SEL-6] isAcceptableElsewhere', () => {
  it.each([
    anthropic('prompt is too long: 208310 tokens > 200000 maximum'),
    anthropic('input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000'),
    openai('…', 'context_length_exceeded'),
    openai("This model's maximum context length is 8192 tokens. However, you requested 9000.", null),
    openai('Your input exceeds the context window of this model.', null),
    gemini('The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'),
    `[${gemini('The input token count exceeds the maximum number of tokens allowed 1048576.')}]`,
    'Input is too long for requested model.',
    anthropic('prompt is too long').slice(0, -10),
  ])('another model may have room: %s', (body) => expect(isAcceptableElsewhere(400, body)).toBe(true));

  it.each([
    '',
    '{}',
    'null',
    '[]',
    '<html>Bad Request</html>',
    anthropic('max_tokens: Field required'),
    anthropic('messages.0.content.1: unexpected `tool_use_id` found in `tool_result` blocks'),
    openai("Unsupported parameter: 'max_tokens'", 'unsupported_parameter'),
    gemini('* tools[0].function_declarations[16]: missing field.'),
    // The client's own text, repeated in another field.
    JSON.stringify({ error: { message: 'Tool call failed', failed_generation: 'prompt is too long' } }),
  ])('wrong everywhere: %s', (body) => expect(isAcceptableElsewhere(400, body)).toBe(false));

  it('413 is about this upstream’s bound, whatever it says', () => {
    expect(isAcceptableElsewhere(413, '')).toBe(true);
  });

  it.each([200, 401, 404, 422, 429, 500])('%i is never tried elsewhere for its text', (status) => {
    expect(isAcceptableElsewhere(status, anthropic('prompt is too long'))).toBe(false);
  });

  it('garbage never throws', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999 }),
        fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
        (status, body) => {
          expect(typeof isAcceptableElsewhere(status, body)).toBe('boolean');
        },
      ),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { isSignatureRefusal } from './is-signature-refusal.ts';
import { stripSignatures } from './strip-signatures.ts';

const strip = (protocol: 'messages' | 'chat' | 'responses' | 'gemini', text: string) =>
  stripSignatures(protocol, Buffer.from(text))?.toString() ?? null;
const THINKING = '{"type":"thinking","thinking":"ü","signature":"c2ln"}';
const USE = '{ "type" : "tool_use","id":"t","name":"n","input":{"n":12345678901234567890} }';

describe('stripSignatures', () => {
  it('[SEL-7] [API-2] messages: leaves thinking out, and each other byte where it is', () => {
    expect(
      strip(
        'messages',
        `{ "messages":[{"role":"assistant","content":[${THINKING} , {"type":"text","text":"\\u0041 ü"}]}], "x":1e400}`,
      ),
    ).toBe('{ "messages":[{"role":"assistant","content":[{"type":"text","text":"\\u0041 ü"}]}], "x":1e400}');
  });

  it('[SEL-7] messages: a turn of nothing else keeps a word', () => {
    const redacted = '{"type":"redacted_thinking","data":"x"}';
    expect(strip('messages', `{"messages":[{"role":"assistant","content":[${redacted}]}]}`)).toBe(
      '{"messages":[{"role":"assistant","content":[{"type":"text","text":"(no text)"}]}]}',
    );
  });

  it.each([
    ['enabled', '{"type":"enabled","budget_tokens":2000}', '{"type":"disabled"}', '[]'],
    ['adaptive', '{"type":"adaptive"}', '{"type":"adaptive"}', '[{"type":"clear_thinking_20251015"}]'],
  ])('[SEL-7] messages: with thinking %s before a tool', (_, thinking, left, edits) => {
    const body = (blocks: string, mode: string, list: string) =>
      `{"thinking":${mode},"context_management":{"edits":${list}},"messages":[{"role":"assistant","content":[${blocks}]},{"role":"user","content":"x"}]}`;
    expect(
      strip('messages', body(`${THINKING},${USE}`, thinking, '[{"type":"clear_thinking_20251015"}]')),
    ).toBe(body(USE, left, edits));
  });

  it('[SEL-7] responses: leaves reasoning out, gemini: has signatures passed over', () => {
    const item = '{"type":"reasoning","id":"rs_1","encrypted_content":"x","summary":[]}';
    expect(strip('responses', `{"input":[{"role":"user","content":"a"},${item}]}`)).toBe(
      '{"input":[{"role":"user","content":"a"}]}',
    );
    expect(strip('gemini', '{"contents":[{"parts":[{"text":"a","thoughtSignature": "c2ln"}]}]}')).toBe(
      '{"contents":[{"parts":[{"text":"a","thoughtSignature": "skip_thought_signature_validator"}]}]}',
    );
  });

  it('[SEL-7] gemini, Claude behind it: thoughts are left out, other signatures emptied, thinking is off in a tool loop', () => {
    const claude = (text: string) =>
      stripSignatures('gemini', Buffer.from(text), 'claude-sonnet-4-6-thinking')?.toString() ?? null;
    const body = (parts: string, thinking: string) =>
      `{"contents":[{"role":"user","parts":[{"text":"ü"}]},{"role":"model","parts":${parts}}],"generationConfig":{"x":1e400,"thinkingConfig":${thinking}}}`;
    const thought = '{"text":"hm ü","thought":true,"thoughtSignature":"AA"}';
    const call = (signature: string) =>
      `{ "functionCall":{"name":"f","args":{"n":12345678901234567890}},"thoughtSignature": ${signature}}`;
    expect(claude(body(`[${thought}, ${call('"BB"')}]`, '{"thinkingBudget":2000}'))).toBe(
      body(`[${call('""')}]`, '{}'),
    );
    expect(claude(body('[{"text":"a ü","thought_signature":"AA"}]', '{"thinkingBudget":2000}'))).toBe(
      body('[{"text":"a ü","thought_signature":""}]', '{"thinkingBudget":2000}'),
    );
    expect(claude(body(`[${thought}]`, '{}'))).toBe(body('[{"text":"(no text)"}]', '{}'));
    expect(claude(body(`[{"text":"a","thoughtSignature":""},${call('""')}]`, '{}'))).toBeNull();
  });

  it.each([
    ['messages', '{"messages":[{"role":"user","content":"thinking"}]}'],
    [
      'messages',
      '{"messages":[{"role":"user","content":[{"type":"text","text":"{\\"type\\":\\"thinking\\"}"}]}]}',
    ],
    ['responses', '{"input":"x"}'],
    ['responses', '{"input":[{"role":"user","content":"a"}]}'],
    ['gemini', '{"contents":[{"parts":[{"thoughtSignature":"skip_thought_signature_validator"}]}]}'],
    ['chat', '{"messages":[{"type":"thinking"}]}'],
    ['messages', '{"messages":7}'],
    ['messages', '[]'],
    ['gemini', ''],
    ['responses', '{"input":[{"type":"reasoning"'],
  ] as const)('[SEL-7] %s: nothing to leave out of %s', (protocol, body) => {
    expect(strip(protocol, body)).toBeNull();
  });
});

describe('isSignatureRefusal', () => {
  const openAi = (code: string | null, message: string) => ({
    error: { message, type: 'invalid_request_error', code },
  });
  it.each([
    [
      'messages',
      400,
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'messages.1.content.0: Invalid `signature` in `thinking` block',
        },
      },
      true,
    ],
    [
      'messages',
      400,
      { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: too small' } },
      false,
    ],
    [
      'messages',
      500,
      { type: 'error', error: { type: 'api_error', message: 'Invalid `signature` in `thinking` block' } },
      false,
    ],
    ['responses', 400, openAi('invalid_encrypted_content', 'no'), true],
    ['responses', 400, openAi(null, 'The encrypted content gAAA could not be verified.'), true],
    ['responses', 404, openAi(null, "Item with id 'rs_1' not found."), true],
    ['responses', 400, openAi('invalid_value', 'no'), false],
    [
      'gemini',
      400,
      { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'Thought signature is not valid' } },
      true,
    ],
    ['gemini', 400, { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'bad contents' } }, false],
    ...[
      'messages.3.content.0: Invalid `signature` in `thinking` block',
      'messages.7.content.0.thinking.signature: Field required',
      'messages.5.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.',
    ].flatMap((message) => {
      const inner = { type: 'error', error: { type: 'invalid_request_error', message } };
      const outer = { error: { code: 400, status: 'INVALID_ARGUMENT', message: JSON.stringify(inner) } };
      return [
        ['messages', 400, inner, true] as const,
        ['gemini', 400, outer, true] as const,
        ['gemini', 400, [outer], true] as const,
      ];
    }),
    ['chat', 400, openAi('invalid_encrypted_content', 'no'), false],
    ['messages', 400, 'signature thinking', false],
  ] as const)('[SEL-7] %s %i %j: %s', (protocol, status, body, is) => {
    expect(isSignatureRefusal(protocol, status, Buffer.from(JSON.stringify(body)))).toBe(is);
  });
});

import { describe, expect, it } from 'vitest';
import { translateRequest } from '../translate-request.ts';

function translate(fields: object) {
  const body = { max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }], ...fields };
  const options = { from: 'messages', to: 'chat', upstreamModel: 'gpt-4.1', stream: false } as const;
  return translateRequest(Buffer.from(JSON.stringify(body)), { ...options, outputTokensMax: null });
}

const say = (block: object) => ({ messages: [{ role: 'user', content: [block] }] });

describe('requests of Messages that are wrong', () => {
  it.each([
    [{ max_tokens: 'many' }, 'max_tokens'],
    [{ max_tokens: -1 }, 'max_tokens'],
    [{ temperature: '1' }, 'temperature'],
    [{ stop_sequences: [7] }, 'stop_sequences'],
    [{ tools: {} }, 'tools'],
    [{ tools: [7] }, 'tools.0'],
    [{ tools: [{ input_schema: {} }] }, 'tools.0.name'],
    [{ tools: [{ name: 'f', input_schema: 7 }] }, 'tools.0.input_schema'],
    [{ tool_choice: { type: 'maybe' } }, 'tool_choice.type'],
    [{ thinking: 7 }, 'thinking'],
    [{ system: 7 }, 'system'],
    [{ system: [{ type: 'image' }] }, 'system.0'],
    [{ messages: [{ role: 'user' }] }, 'messages.0.content'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages.0.content'],
    [say({ type: 'text' }), 'messages.0.content.0.text'],
    [say({ type: 'image' }), 'messages.0.content.0.source'],
    [say({ type: 'image', source: { type: 'base64', data: 'x' } }), 'messages.0.content.0.source.media_type'],
    [say({ type: 'tool_result', tool_use_id: 7 }), 'messages.0.content.0.tool_use_id'],
  ])('[REQ-4] %j is refused at %s', (fields, param) => {
    const result = translate(fields);
    expect(result).toMatchObject({ ok: false, param });
    expect(result.ok || result.message).toContain(param);
  });

  it('null is not said, anywhere', () => {
    const fields = {
      system: null,
      tools: null,
      tool_choice: null,
      thinking: null,
      temperature: null,
      metadata: null,
    };
    expect(translate(fields)).toMatchObject({ ok: true, dropped: [] });
  });

  it('[SEL-7] thinking goes nowhere else, and whether it is wanted back is remembered', () => {
    const thinking = (display?: string) => translate({ thinking: { type: 'adaptive', display } });
    expect(thinking()).toMatchObject({ ok: true, context: { showsThoughts: true } });
    expect(thinking('omitted')).toMatchObject({ ok: true, context: { showsThoughts: false } });
    expect(translate({})).toMatchObject({ ok: true, context: { showsThoughts: false } });
  });
});

import { describe, expect, it } from 'vitest';
import { buildOptions, translateStream } from '../testing/translate-stream.ts';
import { UNSIGNED_THINKING } from './unsigned-thinking.ts';

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const STREAM = [
  chunk({ role: 'assistant', reasoning_content: 'needle-thought' }),
  chunk({ content: 'So.' }),
  chunk({ tool_calls: [{ index: 0, id: '', function: { name: 'f', arguments: '' } }] }),
  chunk({}, 'tool_calls'),
  'data: [DONE]\n\n',
].join('');

function translate(showsThoughts: boolean): string {
  const context = { includesUsage: false, showsThoughts, toolNames: { f: 'files/read' }, echo: {} };
  const options = buildOptions('chat', 'messages', { context });
  return translateStream([Buffer.from(STREAM)], options).bytes.toString();
}

describe('a Messages stream of another protocol', () => {
  it('[SEL-7] thinking has the mark of the gateway for a signature', () => {
    expect(translate(true)).toContain(`"signature_delta","signature":"${UNSIGNED_THINKING}"`);
  });

  it('thoughts come to those who asked for them, and blocks stay dense without them', () => {
    expect(translate(true)).toContain('needle-thought');
    const hidden = translate(false);
    expect(hidden).not.toContain('needle-thought');
    const indexes = [...hidden.matchAll(/content_block_start","index":(\d)/gu)].map(([, index]) => index);
    expect(indexes).toEqual(['0', '1']);
  });

  it('[API-3] a call without id gets one, and the tool its own name again', () => {
    expect(translate(true)).toContain(
      '{"type":"tool_use","id":"toolu_made1","name":"files/read","input":{}}',
    );
  });
});

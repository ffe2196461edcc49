import Anthropic from '@anthropic-ai/sdk';
import { buildPing, buildWarmUpMessage, listWarmUpEvents } from '@tollgate/protocol';
import { describe, expect, it } from 'vitest';
import { MODEL } from '../harness/client.ts';

const ASKED = { model: MODEL, max_tokens: 64, messages: [{ role: 'user' as const, content: 'Warmup' }] };

/** The official SDK, which gets these bytes for an answer. */
function createSdkFor(body: Buffer, contentType: string): Anthropic {
  const answer = (): Response =>
    new Response(Uint8Array.from(body), { headers: { 'content-type': contentType } });
  return new Anthropic({ apiKey: 'sk-test', maxRetries: 0, fetch: () => Promise.resolve(answer()) });
}

const whole = {
  id: 'msg_mock_warmup',
  role: 'assistant',
  model: MODEL,
  content: [{ type: 'text', text: 'New Conversation' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 10, output_tokens: 2 },
};

describe('[WARM-1] the Anthropic SDK reads the local answer to a warm-up', () => {
  it('as JSON', async () => {
    const sdk = createSdkFor(buildWarmUpMessage(MODEL), 'application/json');
    expect(await sdk.messages.create(ASKED)).toMatchObject(whole);
  });

  it('[LIM-6] as a stream, with pings before and between its events', async () => {
    const ping = buildPing('messages');
    const events = listWarmUpEvents(MODEL).flatMap((event) => [ping, event]);
    const sdk = createSdkFor(Buffer.concat(events), 'text/event-stream');
    const names: string[] = [];
    const stream = sdk.messages.stream(ASKED).on('streamEvent', (event) => names.push(event.type));
    expect(await stream.finalMessage()).toMatchObject(whole);
    expect(names.filter((name) => name === 'content_block_delta')).toHaveLength(2);
  });
});

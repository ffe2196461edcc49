import { PROTOCOLS } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { createStreamMeter } from '../meters/create-stream-meter.ts';
import { createMessagesStreamMeter } from '../messages/stream-meter.ts';
import { SseTap } from './sse-tap.ts';
import { buildPing } from './build-ping.ts';

function readEvents(bytes: Buffer): string[] {
  const events: string[] = [];
  const tap = new SseTap({
    selectDataBytesMax: () => 1000,
    onEvent: (name, data) => events.push(`${name} ${data.toString()}`),
    onForeignLine: () => events.push('foreign'),
  });
  tap.push(bytes);
  tap.end();
  return events;
}

describe('buildPing', () => {
  it("[LIM-6] messages: Anthropic's event, which starts no message and breaks none", () => {
    expect(buildPing('messages').toString()).toBe('event: ping\ndata: {"type": "ping"}\n\n');
    expect(readEvents(buildPing('messages'))).toEqual(['ping {"type": "ping"}']);
    const meter = createMessagesStreamMeter();
    meter.push(buildPing('messages'));
    expect(meter).toMatchObject({ isBroken: false, hasContent: false, error: null });
  });

  it.each(PROTOCOLS.filter((protocol) => protocol !== 'messages'))(
    '[LIM-6] %s: a comment that is no event, alone, twice and in front of one',
    (protocol) => {
      const ping = buildPing(protocol);
      expect(ping.toString()).toMatch(/^:[^\n]*\n\n$/);
      expect(readEvents(Buffer.concat([ping, ping, Buffer.from('data: {"a":1}\n\n'), ping]))).toEqual([
        ' {"a":1}',
      ]);
    },
  );

  it('[LIM-6] a stream that is one JSON array: white space, in front of it and inside', () => {
    const ping = buildPing('gemini', true).toString();
    expect(JSON.parse(`${ping}${ping}[${ping}{"a":1}${ping},${ping}{"b":2}${ping}]${ping}`)).toHaveLength(2);
    const meter = createStreamMeter('gemini');
    meter.push(Buffer.from(`${ping}[${ping}{"candidates":[{"finishReason":"STOP"}]}${ping}]${ping}`));
    expect(meter).toMatchObject({ isBroken: false, isComplete: true, error: null });
  });
});

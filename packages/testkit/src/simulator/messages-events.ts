import type { MessagesAnswer } from './messages-answer.ts';
import type { Script } from './script.ts';
import { splitText } from './split-text.ts';

/** `data` must have its name in `type`, as every event of the protocol does. */
export function encodeEvent(data: { type: string } & Record<string, unknown>): Buffer {
  return Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
}

export function buildTextDelta(text: string): Buffer {
  return encodeEvent({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
}

export function buildErrorEvent(type: string): Buffer {
  return encodeEvent({ type: 'error', error: { type, message: 'The simulator was told to fail.' } });
}

/** The events of a streamed answer, in the provider's order, one buffer each. */
export function buildMessagesEvents(answer: MessagesAnswer, script: Script): Buffer[] {
  const events = [
    encodeEvent({ type: 'message_start', message: buildStart(answer) }),
    encodeEvent({ type: 'content_block_start', index: 0, content_block: buildEmptyBlock(answer) }),
    encodeEvent({ type: 'ping' }),
    ...buildDeltas(answer),
    ...(script.giantEventBytes ? [buildTextDelta('x'.repeat(script.giantEventBytes))] : []),
    encodeEvent({ type: 'content_block_stop', index: 0 }),
    encodeEvent({
      type: 'message_delta',
      delta: { stop_reason: answer.stopReason, stop_sequence: null },
      usage: { ...answer.usage, ...answer.usageChanges },
    }),
    encodeEvent({ type: 'message_stop' }),
  ];
  if (script.errorEventAfter === undefined) return events;
  return [
    ...events.slice(0, script.errorEventAfter),
    buildErrorEvent(script.errorType ?? 'overloaded_error'),
  ];
}

function buildStart(answer: MessagesAnswer): object {
  return {
    model: answer.model,
    id: answer.id,
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    // The provider has said next to nothing yet; only message_delta knows the whole.
    usage: { ...answer.usage, output_tokens: 1 },
  };
}

function buildEmptyBlock({ block }: MessagesAnswer): object {
  return block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} };
}

function buildDeltas({ block }: MessagesAnswer): Buffer[] {
  if (block.type === 'text') return block.text === '' ? [] : splitText(block.text).map(buildTextDelta);
  const pieces = ['', ...splitText(JSON.stringify(block.input))];
  return pieces.map((partial_json) =>
    encodeEvent({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json } }),
  );
}

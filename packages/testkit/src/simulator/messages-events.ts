import type { MessagesAnswer, MessagesBlock } from './messages-answer.ts';
import type { Script } from './script.ts';
import { splitText } from './split-text.ts';

/** `data` must have its name in `type`, as every event of the protocol does. */
export function encodeEvent(data: { type: string } & Record<string, unknown>): Buffer {
  return Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
}

export function buildTextDelta(text: string, index = 0): Buffer {
  return encodeEvent({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } });
}

export function buildErrorEvent(type: string): Buffer {
  return encodeEvent({ type: 'error', error: { type, message: 'The simulator was told to fail.' } });
}

/** The events of a streamed answer, in the provider's order, one buffer each. */
export function buildMessagesEvents(answer: MessagesAnswer, script: Script): Buffer[] {
  const events = [
    encodeEvent({ type: 'message_start', message: buildStart(answer) }),
    ...answer.blocks.flatMap((block, index) => buildBlockEvents(block, index, script)),
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

function buildBlockEvents(block: MessagesBlock, index: number, script: Script): Buffer[] {
  const giantBytes = index === 0 ? script.giantEventBytes : undefined;
  return [
    encodeEvent({ type: 'content_block_start', index, content_block: buildEmptyBlock(block) }),
    ...(index === 0 ? [encodeEvent({ type: 'ping' })] : []),
    ...buildDeltas(block, index),
    ...(giantBytes ? [buildTextDelta('x'.repeat(giantBytes))] : []),
    encodeEvent({ type: 'content_block_stop', index }),
  ];
}

function buildEmptyBlock(block: MessagesBlock): object {
  return block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} };
}

function buildDeltas(block: MessagesBlock, index: number): Buffer[] {
  if (block.type === 'text') {
    return block.text === '' ? [] : splitText(block.text).map((text) => buildTextDelta(text, index));
  }
  const pieces = ['', ...splitText(JSON.stringify(block.input))];
  return pieces.map((partial_json) =>
    encodeEvent({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } }),
  );
}

/** [WARM-1] Between two events of a streamed answer. */
export const WARM_UP_EVENT_GAP_MS = 20;

/** The text in the pieces that a stream brings it in. */
const TEXT_PIECES = ['New', ' Conversation'];
const INPUT_TOKENS = 10;
const OUTPUT_TOKENS = 2;

/** [WARM-1] The whole answer to a client's housekeeping request, as JSON. `model`: as the client asked for it. */
export function buildWarmUpMessage(model: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      ...buildMessageHead(model),
      content: [{ type: 'text', text: TEXT_PIECES.join('') }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: INPUT_TOKENS, output_tokens: OUTPUT_TOKENS },
    }),
  );
}

/** [WARM-1] The same answer as seven SSE events in order, blank lines included, one buffer an event. */
export function listWarmUpEvents(model: string): Buffer[] {
  const message = {
    ...buildMessageHead(model),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: INPUT_TOKENS, output_tokens: 1 },
  };
  return [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...TEXT_PIECES.map((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      // Clients take these figures over the first event's.
      usage: { input_tokens: INPUT_TOKENS, output_tokens: OUTPUT_TOKENS },
    },
    { type: 'message_stop' },
  ].map((event) => Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`));
}

function buildMessageHead(model: string): { id: string; type: string; role: string; model: string } {
  return { id: 'msg_mock_warmup', type: 'message', role: 'assistant', model };
}

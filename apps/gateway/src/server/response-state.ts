import type { WriterState } from './port.ts';

/** What can happen to an answer: the pipeline's calls, and the client leaving. */
export const WRITER_EVENTS = ['send', 'send-error', 'start-stream', 'write', 'end', 'cut', 'leave'] as const;

export type WriterEvent = (typeof WRITER_EVENTS)[number];

const TRANSITIONS: Readonly<Record<'idle' | 'streaming', Partial<Record<WriterEvent, WriterState>>>> = {
  idle: {
    send: 'ended',
    'send-error': 'ended',
    'start-stream': 'streaming',
    cut: 'aborted',
    leave: 'aborted',
  },
  streaming: { write: 'streaming', 'send-error': 'ended', end: 'ended', cut: 'aborted', leave: 'aborted' },
};

/**
 * The state after `event`, or null when the answer is over and the event changes nothing.
 * Throws when the caller breaks the order (bytes before a start, a second answer): that is a fault of ours.
 */
export function nextWriterState(state: WriterState, event: WriterEvent): WriterState | null {
  if (state === 'ended' || state === 'aborted') return null;
  const next = TRANSITIONS[state][event];
  if (next === undefined) throw new Error(`The response writer cannot ${event} while ${state}.`);
  return next;
}

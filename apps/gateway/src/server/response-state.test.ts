import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WriterState } from './port.ts';
import { WRITER_EVENTS, type WriterEvent, nextWriterState } from './response-state.ts';

const ALLOWED: Record<'idle' | 'streaming', Record<WriterEvent, WriterState | 'fault'>> = {
  idle: {
    send: 'ended',
    'send-error': 'ended',
    'start-stream': 'streaming',
    write: 'fault',
    end: 'fault',
    cut: 'aborted',
    leave: 'aborted',
  },
  streaming: {
    send: 'fault',
    'send-error': 'ended',
    'start-stream': 'fault',
    write: 'streaming',
    end: 'ended',
    cut: 'aborted',
    leave: 'aborted',
  },
};

describe('nextWriterState', () => {
  for (const state of ['idle', 'streaming'] as const) {
    it.each(WRITER_EVENTS)(`[REQ-2] ${state}: %s`, (event) => {
      const expected = ALLOWED[state][event];
      if (expected === 'fault') expect(() => nextWriterState(state, event)).toThrow(`cannot ${event}`);
      else expect(nextWriterState(state, event)).toBe(expected);
    });
  }

  it.each(['ended', 'aborted'] as const)('[REQ-2] nothing changes a writer that is %s', (state) => {
    for (const event of WRITER_EVENTS) expect(nextWriterState(state, event)).toBeNull();
  });

  it('[REQ-2] never leaves an end state, whatever is called', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...WRITER_EVENTS)), (events) => {
        let state: WriterState = 'idle';
        let ends = 0;
        for (const event of events) {
          try {
            const next: WriterState | null = nextWriterState(state, event);
            if (next === 'ended' || next === 'aborted') ends += 1;
            state = next ?? state;
          } catch {
            // A fault leaves the state as it was.
          }
        }
        expect(ends).toBeLessThanOrEqual(1);
      }),
    );
  });
});

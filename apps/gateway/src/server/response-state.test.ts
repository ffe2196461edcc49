import * as fc from 'fast-check';
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
  const cases = (['idle', 'streaming'] as const).flatMap((state) =>
    WRITER_EVENTS.map((event) => ({ state, event, expected: ALLOWED[state][event] })),
  );

  it.each(cases.filter(({ expected }) => expected !== 'fault'))(
    '[REQ-2] $state: $event leads to $expected',
    ({ state, event, expected }) => expect(nextWriterState(state, event)).toBe(expected),
  );

  it.each(cases.filter(({ expected }) => expected === 'fault'))(
    '[REQ-2] $state: $event is a fault of the caller',
    ({ state, event }) => expect(() => nextWriterState(state, event)).toThrow(`cannot ${event}`),
  );

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

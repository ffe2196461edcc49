import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Effect, type Event, EVENTS, type State, type Transition } from './states.ts';
import { TRANSITIONS } from './transitions.ts';

interface Step {
  event: Event;
  state: State;
  effects: readonly Effect[];
}

const CALL_OVER = new Set<Event>(['end', 'whole-json', 'whole-stream', 'fault', 'stale-socket']);

/**
 * Runs a sequence as the world can produce it: after the call is over or aborted nothing comes from the
 * upstream any more (until it is sent again); the client and the clock may speak at any time.
 */
function play(events: readonly Event[]): Step[] {
  const steps: Step[] = [];
  let state: State = 'sending';
  let isCallOver = false;
  for (const event of events) {
    const isFromUpstream = event !== 'client-left' && event !== 'deadline';
    if (isFromUpstream && isCallOver) continue;
    if (CALL_OVER.has(event)) isCallOver = true;
    const transition: Transition = TRANSITIONS[state][event];
    const { effects } = transition;
    steps.push({ event, state, effects });
    if (effects.includes('abort')) isCallOver = true;
    if (effects.includes('resend')) isCallOver = false;
    state = transition.to;
  }
  return steps;
}

const sequences = fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 });
const allEffects = (steps: readonly Step[]): Effect[] => steps.flatMap(({ effects }) => [...effects]);
const isWrite = (effect: Effect): boolean => effect === 'flush' || effect === 'relay';
const isEnd = (effect: Effect): boolean => effect.startsWith('end-');

function check(property: (steps: Step[]) => void): void {
  fc.assert(
    fc.property(sequences, (events) => {
      property(play(events));
    }),
    { numRuns: 2000 },
  );
}

describe('random events', () => {
  it('1. end at most once, and always once the end of the world has come', () => {
    check((steps) => {
      expect(allEffects(steps).filter(isEnd).length).toBeLessThanOrEqual(1);
    });
    fc.assert(
      fc.property(sequences, (events) => {
        expect(allEffects(play([...events, 'client-left'])).filter(isEnd)).toHaveLength(1);
      }),
    );
  });

  it('2. [SEL-5] write nothing before content, an overfull prelude or the end', () => {
    check((steps) => {
      const first = steps.find(({ effects }) => effects.some(isWrite));
      if (first === undefined) return;
      expect(first.effects).toContain('flush');
      const isEnded = steps.some(({ state }) => state === 'ending' || state === 'failing');
      expect(isEnded || ['content', 'overflow', 'whole-stream', 'late-error'].includes(first.event)).toBe(
        true,
      );
    });
  });

  it('3. [SEL-5] never fail over or answer anew after a write', () => {
    check((steps) => {
      const effects = allEffects(steps);
      const wrote = effects.findIndex(isWrite);
      const after = wrote === -1 ? [] : effects.slice(wrote);
      expect(
        after.filter((effect) => ['end-retry', 'end-error', 'end-json', 'resend'].includes(effect)),
      ).toEqual([]);
    });
  });

  it('4. [MON-6] announce at most once, right before the last write', () => {
    check((steps) => {
      const effects = allEffects(steps);
      const announcements = effects.filter((effect) => effect.startsWith('announce'));
      expect(announcements.length).toBeLessThanOrEqual(1);
      if (announcements[0] === undefined) return;
      const after = effects.slice(effects.indexOf(announcements[0]) + 1);
      expect(after.slice(1).some(isWrite)).toBe(false);
      expect(after.some(isEnd)).toBe(true);
    });
  });

  it('5. close the upstream call exactly once', () => {
    check((steps) => {
      const aborts = steps.filter(({ effects }) => effects.includes('abort'));
      expect(aborts.length).toBeLessThanOrEqual(1);
      expect(aborts.every(({ event }) => !CALL_OVER.has(event))).toBe(true);
    });
  });

  it('6. [REQ-7] write nothing after the client has left', () => {
    check((steps) => {
      const leftAt = steps.findIndex(({ event }) => event === 'client-left');
      if (leftAt === -1) return;
      expect(allEffects(steps.slice(leftAt)).some(isWrite)).toBe(false);
    });
  });

  it('7. leave a whole answer alone', () => {
    check((steps) => {
      const effects = allEffects(steps);
      const at = effects.indexOf('end-answered');
      if (at === -1) return;
      expect(effects.slice(at + 1).filter((effect) => effect !== 'abort')).toEqual([]);
    });
  });

  it('8. send again at most once', () => {
    check((steps) => {
      expect(allEffects(steps).filter((effect) => effect === 'resend').length).toBeLessThanOrEqual(1);
    });
  });
});

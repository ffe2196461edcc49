import { type Effect, type Event, EVENTS, type State, type Transition } from './states.ts';

type Row = Readonly<Record<Event, Transition>>;

const go = (to: State, ...effects: Effect[]): Transition => ({ to, effects });

/** A row: what is not named changes nothing. */
function row(state: State, named: Partial<Record<Event, Transition>>): Row {
  const unnamed = Object.fromEntries(EVENTS.map((event) => [event, go(state)])) as Record<Event, Transition>;
  return { ...unnamed, ...named };
}

const left = go('closed', 'abort', 'end-left');
const failed = go('closed', 'end-retry');
const cutAndFailed = go('closed', 'abort', 'end-retry');
const broken = go('closed', 'end-broken');
const cutAndBroken = go('closed', 'abort', 'end-broken');

const cutAndWhole = go('closed', 'abort', 'end-json');
const whole = go('closed', 'announce', 'flush', 'end-answered');
const failing = go('failing', 'hold');
const told = go('closed', 'announce-error', 'flush', 'end-broken');
const cutAndTold = go('closed', 'announce-error', 'flush', 'abort', 'end-broken');

const waiting: Partial<Record<Event, Transition>> = {
  'stream-headers': go('holding'),
  'json-headers': go('collecting-json'),
  'gather-headers': go('gathering'),
  'error-headers': go('collecting-error'),
  'bad-answer': cutAndFailed,
  end: failed,
  fault: failed,
  'stale-socket': failed,
  deadline: cutAndFailed,
  'client-left': left,
};

export const TRANSITIONS: Readonly<Record<State, Row>> = {
  sending: row('sending', { ...waiting, 'stale-socket': go('resending', 'resend') }),
  resending: row('resending', waiting),
  // The status is known: whatever cuts the body short, the verdict stands on it.
  'collecting-error': row('collecting-error', {
    bytes: go('collecting-error', 'hold'),
    overflow: go('closed', 'hold', 'abort', 'end-error'),
    end: go('closed', 'end-error'),
    fault: go('closed', 'end-error'),
    'stale-socket': go('closed', 'end-error'),
    deadline: go('closed', 'abort', 'end-error'),
    'client-left': left,
  }),
  'collecting-json': row('collecting-json', {
    bytes: go('collecting-json', 'hold'),
    overflow: cutAndFailed,
    'whole-json': go('closed', 'end-json'),
    end: go('closed', 'end-error'),
    fault: failed,
    'stale-socket': failed,
    deadline: cutAndFailed,
    'client-left': left,
  }),
  gathering: row('gathering', {
    complete: go('gathered'),
    'early-error': go('closed', 'abort', 'end-error'),
    'bad-answer': cutAndFailed,
    overflow: cutAndFailed,
    'whole-json': go('closed', 'end-json'),
    end: failed,
    fault: failed,
    'stale-socket': failed,
    deadline: cutAndFailed,
    'client-left': left,
  }),
  gathered: row('gathered', {
    // A second message has begun.
    bytes: go('gathering'),
    'early-error': cutAndWhole,
    'bad-answer': cutAndWhole,
    overflow: cutAndWhole,
    'whole-json': go('closed', 'end-json'),
    end: go('closed', 'end-json'),
    fault: go('closed', 'end-json'),
    'stale-socket': go('closed', 'end-json'),
    deadline: cutAndWhole,
    'client-left': left,
  }),
  holding: row('holding', {
    bytes: go('holding', 'hold'),
    content: go('relaying', 'flush'),
    overflow: go('relaying', 'flush'),
    complete: go('ending', 'hold'),
    'whole-stream': go('closed', 'announce', 'flush', 'end-answered'),
    'early-error': cutAndFailed,
    'late-error': failing,
    'bad-answer': cutAndFailed,
    end: failed,
    fault: failed,
    'stale-socket': failed,
    deadline: cutAndFailed,
    'client-left': left,
  }),
  relaying: row('relaying', {
    bytes: go('relaying', 'relay'),
    content: go('relaying', 'relay'),
    overflow: go('relaying', 'relay'),
    complete: go('ending', 'hold'),
    'early-error': failing,
    'late-error': failing,
    'bad-answer': cutAndBroken,
    'whole-stream': go('closed', 'announce', 'end-answered'),
    'silent-end': go('closed', 'announce', 'abort', 'end-answered'),
    end: broken,
    fault: broken,
    'stale-socket': broken,
    deadline: cutAndBroken,
    'client-left': left,
  }),
  ending: row('ending', {
    complete: go('ending', 'hold'),
    // A second message has begun.
    bytes: go('relaying', 'flush'),
    content: go('relaying', 'flush'),
    overflow: go('relaying', 'flush'),
    'early-error': failing,
    'late-error': failing,
    'bad-answer': go('closed', 'announce', 'flush', 'abort', 'end-answered'),
    'whole-stream': whole,
    end: whole,
    fault: whole,
    'stale-socket': whole,
    deadline: go('closed', 'announce', 'flush', 'abort', 'end-answered'),
    'client-left': left,
  }),
  failing: row('failing', {
    bytes: failing,
    'early-error': failing,
    'late-error': failing,
    overflow: cutAndTold,
    end: told,
    fault: told,
    'stale-socket': told,
    deadline: cutAndTold,
    'client-left': left,
  }),
  closed: row('closed', {}),
};

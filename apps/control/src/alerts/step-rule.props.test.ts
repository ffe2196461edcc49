import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepRule, type Reading, type RuleMemory, type RuleTerms } from './step-rule.ts';

const GAP_MS_MAX = 50;
const THRESHOLD = 10n;

interface Look {
  /** How far the clock went since the last look. */
  forwardMs: number;
  /** And how far back it was set then. */
  backMs: number;
  reading: Reading;
  isSilenced: boolean;
  terms: Partial<RuleTerms>;
  /** The rule's terms are not those of the open event any more. */
  isOtherTerms: boolean;
}

const reading: fc.Arbitrary<Reading> = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt(8n, 12n).map((value): Reading => ({ kind: 'value', value })) },
  { weight: 1, arbitrary: fc.constant<Reading>({ kind: 'no-data' }) },
  { weight: 1, arbitrary: fc.constant<Reading>({ kind: 'fault', text: 'slow' }) },
);
const rarely = (weight = 1) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight, arbitrary: fc.constant(true) });
const look: fc.Arbitrary<Look> = fc.record({
  forwardMs: fc.integer({ min: 0, max: 60 }),
  backMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(500) }),
  reading,
  isSilenced: rarely(3),
  terms: fc.record({
    isEnabled: rarely().map((is) => !is),
    hasChannel: rarely().map((is) => !is),
    isEdited: rarely(),
  }),
  isOtherTerms: rarely(),
});

/** Plays looks one after the other, as the evaluator stores what each has found. */
class Play {
  readonly terms: RuleTerms;
  memory: RuleMemory = { state: 'ok', sinceMs: 1_000, lastLookAtMs: null, lastToldAtMs: null, event: null };
  nowMs = 1_000;
  /** Time that has truly gone by, whatever the clock says. */
  trueMs = 0;
  toldAtTrueMs: number[] = [];
  /** True time of the first of the readings in a row that were beyond the threshold. */
  beyondSinceMs: number | null = null;

  constructor(terms: RuleTerms) {
    this.terms = terms;
  }

  look(each: Look): void {
    this.trueMs += each.forwardMs;
    this.nowMs += each.forwardMs - each.backMs;
    const terms = { ...this.terms, ...each.terms };
    const event = this.memory.event && { ...this.memory.event, isOfTerms: !each.isOtherTerms };
    const { nowMs } = this;
    const isBeyond = each.reading.kind === 'value' && each.reading.value > THRESHOLD;
    if (isBeyond) this.beyondSinceMs ??= this.trueMs;
    else if (each.reading.kind !== 'fault') this.beyondSinceMs = null;
    const step = stepRule(terms, { ...this.memory, event }, each.reading, {
      nowMs,
      isSilenced: each.isSilenced,
      gapMsMax: GAP_MS_MAX,
    });
    let open = event;
    for (const change of step.changes) open = this.#apply(change, open, each, isBeyond);
    this.memory = { ...step.memory, lastLookAtMs: nowMs, event: open };
    expect(this.memory.state === 'firing').toBe(open !== null);
    expect(this.memory.sinceMs).toBeLessThanOrEqual(nowMs);
  }

  #apply(
    change: ReturnType<typeof stepRule>['changes'][number],
    open: RuleMemory['event'],
    each: Look,
    isBeyond: boolean,
  ): RuleMemory['event'] {
    if (change.kind === 'fire') {
      expect(open).toBeNull();
      expect([isBeyond, each.terms.isEnabled]).toEqual([true, true]);
      expect(this.trueMs - (this.beyondSinceMs ?? Infinity)).toBeGreaterThanOrEqual(this.terms.forMs);
      if (change.isTold) this.#tell(each);
      return { isTold: change.isTold, isSilenced: change.isSilenced, isOfTerms: true };
    }
    expect(open).not.toBeNull();
    if (change.kind === 'tell') {
      expect(open?.isTold).toBe(false);
      this.#tell(each);
      return { isTold: true, isSilenced: false, isOfTerms: true };
    }
    if (change.kind === 'hush') {
      expect([open?.isTold, open?.isSilenced, each.isSilenced]).toEqual([false, false, true]);
      return { isTold: false, isSilenced: true, isOfTerms: true };
    }
    if (change.isTold) expect([open?.isTold, each.isSilenced]).toEqual([true, false]);
    return null;
  }

  #tell(each: Look): void {
    expect([each.isSilenced, each.terms.hasChannel]).toEqual([false, true]);
    const last = this.toldAtTrueMs.at(-1);
    if (last !== undefined) expect(this.trueMs - last).toBeGreaterThanOrEqual(this.terms.coolDownMs);
    this.toldAtTrueMs.push(this.trueMs);
  }
}

const anyTerms = fc.record({
  isEnabled: fc.constant(true),
  comparison: fc.constant('above' as const),
  threshold: fc.constant(THRESHOLD),
  forMs: fc.constantFrom(0, 30, 100),
  coolDownMs: fc.constantFrom(0, 50, 400),
  isEdited: fc.constant(false),
  hasChannel: fc.constant(true),
});

describe('step-rule, any looks', () => {
  it('[OPS-5] one open event, ended once; none too early; notices a cool-down apart; clocks that go back', () => {
    let fired = 0;
    fc.assert(
      fc.property(anyTerms, fc.array(look, { minLength: 10, maxLength: 60 }), (terms, looks) => {
        const play = new Play(terms);
        for (const each of looks) play.look(each);
        fired += play.toldAtTrueMs.length;
      }),
      { numRuns: 2_000 },
    );
    // Of what never happens nothing would be proved.
    expect(fired).toBeGreaterThan(200);
  });

  it('[OPS-5] what fires and is looked at in peace is told at last, and resolved', () => {
    fc.assert(
      fc.property(anyTerms, fc.array(look, { maxLength: 40 }), (terms, looks) => {
        const play = new Play(terms);
        for (const each of looks) play.look(each);
        const calm = { backMs: 0, isSilenced: false, isOtherTerms: false, forwardMs: 40 };
        const peace = { isEnabled: true, hasChannel: true, isEdited: false };
        for (let n = 0; n < 20; n += 1) {
          play.look({ ...calm, terms: peace, reading: { kind: 'value', value: 11n } });
        }
        expect(play.memory.event).toMatchObject({ isTold: true });
        play.look({ ...calm, terms: peace, reading: { kind: 'value', value: 10n } });
        expect(play.memory).toMatchObject({ state: 'ok', event: null });
      }),
      { numRuns: 500 },
    );
  });
});

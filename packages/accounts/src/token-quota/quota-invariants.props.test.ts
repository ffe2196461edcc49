import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceQuota, QUOTA_START, type QuotaStep } from './advance-quota.ts';
import { QUOTA_PERIOD_MS, type QuotaFigures } from './quota-figures.ts';
import type { QuotaInput, QuotaState } from './quota-states.ts';

type Command =
  | { do: 'ask'; store: 'up' | 'down' }
  | { do: 'answer'; ok: boolean }
  | { do: 'raise' | 'reset' | 'flush' | 'lose-race' | 'remove' }
  | { do: 'settle'; tokens: number }
  | { do: 'wait'; ms: number };

const commands = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        store: fc.constantFrom('up' as const, 'up' as const, 'down' as const),
      }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), ok: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'raise' as const,
          'reset' as const,
          'flush' as const,
          'lose-race' as const,
          'remove' as const,
        ),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('settle' as const), tokens: fc.integer({ min: 0, max: 400 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.constantFrom(1000, 59_000, 61_000, 86_400_000, QUOTA_PERIOD_MS),
      }),
    },
  ),
  { minLength: 1, maxLength: 60 },
);

/** One node, the flag and the database around it; the least that a runner must do. */
class World {
  nowMs = Date.UTC(2026, 10, 21);
  state: QuotaState = QUOTA_START;
  row: QuotaFigures | null = { tokenLimit: 1000, tokenUsage: 0, lastResetAtMs: null };
  flagUntilMs = 0;
  waiting = 0;
  answered = 0;
  asked = 0;
  /** What the database call under way will answer; a read sees the row as it is when it begins. */
  call: { kind: 'read'; seen: QuotaFigures | null } | { kind: 'reset' } | null = null;
  /** An admin changed something since the call began. */
  isCallOutdated = false;

  run(command: Command): void {
    switch (command.do) {
      case 'ask':
        return this.ask(command.store);
      case 'answer':
        return this.answer(command.ok);
      case 'raise':
        if (this.row !== null) this.row = { ...this.row, tokenLimit: this.row.tokenLimit + 500 };
        this.isCallOutdated = true;
        return this.step({ kind: 'limit-raised' });
      case 'reset':
        this.beginPeriod();
        this.isCallOutdated = true;
        return this.step({ kind: 'reset-by-hand' });
      case 'lose-race':
        return this.beginPeriod();
      case 'remove':
        this.row = null;
        return;
      case 'flush':
        this.flagUntilMs = 0;
        return;
      case 'settle':
        if (this.row !== null) this.row = { ...this.row, tokenUsage: this.row.tokenUsage + command.tokens };
        return this.step({ kind: 'settled', tokens: command.tokens });
      case 'wait':
        this.nowMs += command.ms;
    }
  }

  private ask(store: 'up' | 'down'): void {
    this.asked += 1;
    this.waiting += 1;
    const lifeMs = this.flagUntilMs - this.nowMs;
    if (store === 'down') this.step({ kind: 'store-fault' });
    else if (lifeMs > 0) this.step({ kind: 'flag-found', lifeMs });
    else this.step({ kind: 'flag-absent' });
  }

  answer(ok: boolean): void {
    const { call } = this;
    this.call = null;
    if (call === null) return;
    if (!ok) return this.step({ kind: 'database-fault' });
    if (call.kind === 'read') return this.step({ kind: 'row', figures: call.seen });
    const isDue = this.row !== null && (this.row.lastResetAtMs ?? -Infinity) + QUOTA_PERIOD_MS <= this.nowMs;
    if (isDue) this.beginPeriod();
    this.step({ kind: isDue ? 'reset-done' : 'reset-lost' });
  }

  private beginPeriod(): void {
    if (this.row !== null) this.row = { ...this.row, tokenUsage: 0, lastResetAtMs: this.nowMs };
  }

  private step(input: QuotaInput): void {
    const step = advanceQuota(this.state, input, this.nowMs);
    this.checkStep(input, step);
    this.state = step.state;
    for (const effect of step.effects) this.carryOut(effect, input);
    // 1. A call to the database is under way exactly in the states that read.
    const isReading = ['reading', 'outdated', 'resetting', 'rereading'].includes(this.state.name);
    expect(this.call !== null).toBe(isReading);
    // 2. Nobody waits where nothing is under way.
    if (!isReading) expect(this.waiting).toBe(0);
  }

  private checkStep(input: QuotaInput, { state, effects }: QuotaStep): void {
    const names = effects.map((effect) => effect.do);
    if (names.includes('pass')) {
      // 3. Passed only by figures that allow it, in their period; never in the step of a fault.
      expect(state.name).toBe('within');
      const figures = 'figures' in state ? state.figures : null;
      expect(figures!.tokenUsage).toBeLessThanOrEqual(figures!.tokenLimit);
      expect(figures!.lastResetAtMs! + QUOTA_PERIOD_MS).toBeGreaterThan(this.nowMs);
      expect(['flag-absent', 'row']).toContain(input.kind);
    }
    // 4. A change by an admin leaves no figures in memory, and no flag.
    if (input.kind === 'limit-raised' || input.kind === 'reset-by-hand') {
      expect('figures' in state).toBe(false);
      expect(names).toEqual(['clear-flag']);
    }
    // 5. A fault of the database passes nobody.
    if (input.kind === 'database-fault') expect(names).toEqual(['refuse-unknown']);
    // 6. What was read before an admin's change decides nothing.
    if (input.kind === 'row' && this.isCallOutdated) expect(names).toEqual(['read-database']);
  }

  private carryOut(effect: QuotaStep['effects'][number], input: QuotaInput): void {
    switch (effect.do) {
      case 'pass':
      case 'refuse':
      case 'refuse-unknown':
        this.answered += this.waiting;
        this.waiting = 0;
        break;
      case 'refuse-asker':
        // Only a request that is asking just now can be answered alone.
        expect(input.kind).toBe('flag-found');
        this.answered += 1;
        this.waiting -= 1;
        break;
      case 'read-database':
        // 7. One call at a time.
        expect(this.call).toBeNull();
        this.call = { kind: 'read', seen: this.row };
        this.isCallOutdated = false;
        break;
      case 'reset-if-due':
        expect(this.call).toBeNull();
        this.call = { kind: 'reset' };
        break;
      case 'write-flag':
        // 8. A flag lives from 30 s to a period, and is written only by figures that are over.
        expect(effect.lifeMs).toBeGreaterThanOrEqual(30_000);
        expect(effect.lifeMs).toBeLessThanOrEqual(QUOTA_PERIOD_MS);
        expect(this.state.name).toBe('over');
        this.flagUntilMs = this.nowMs + effect.lifeMs;
        break;
      case 'clear-flag':
        this.flagUntilMs = 0;
    }
  }
}

describe('[LIM-10] the token quota guard, by random events', () => {
  it('keeps its invariants, and answers every request once', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const world = new World();
        for (const command of list) world.run(command);
        // Whatever happened, a database that answers ends every wait, within a bounded number of calls.
        for (let calls = 0; world.call !== null; calls += 1) {
          expect(calls).toBeLessThan(5);
          world.answer(true);
        }
        expect(world.waiting).toBe(0);
        expect(world.answered).toBe(world.asked);
      }),
      { numRuns: 1000 },
    );
  });

  it('after a raise that makes room, the next request passes, whatever came before it', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const world = new World();
        for (const command of list.filter(({ do: name }) => name !== 'remove')) world.run(command);
        while (world.call !== null) world.answer(true);
        world.row = { tokenLimit: 1e9, tokenUsage: 0, lastResetAtMs: world.nowMs };
        world.run({ do: 'raise' });
        world.run({ do: 'ask', store: 'up' });
        world.answer(true);
        expect(world.state.name).toBe('within');
      }),
    );
  });
});

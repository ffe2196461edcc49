import { ALERT_METRIC_NAMES } from '@tollgate/core';
import type { ClaimedRule } from '@tollgate/db';
import { describe, expect, it } from 'vitest';
import { LAG_MS, planReads } from './plan-reads.ts';

const NOW_MS = Date.UTC(2030, 0, 1);

function buildRule(id: string, changes: Partial<ClaimedRule> = {}): ClaimedRule {
  return {
    id,
    name: id,
    metric: 'requests',
    filter: {},
    comparison: 'above',
    threshold: '0',
    windowMinutes: 5,
    forMinutes: 0,
    coolDownMinutes: 0,
    severity: 'info',
    channelId: null,
    fallbackChannelId: null,
    isEnabled: true,
    isEdited: false,
    hasChannel: false,
    state: 'ok',
    sinceMs: 0,
    lastLookAtMs: null,
    lastToldAtMs: null,
    event: null,
    ...changes,
  };
}

describe('plan-reads', () => {
  it('[OPS-5] has a place for every metric, once', () => {
    const { figures, accounts, nodes, faults } = planReads(
      ALERT_METRIC_NAMES.map((metric) => buildRule(metric, { metric })),
      NOW_MS,
    );
    const asked = figures.flatMap(({ questions }) => questions.map(({ ruleId }) => ruleId));
    expect([...asked, ...accounts.map(({ ruleId }) => ruleId), ...nodes].toSorted()).toEqual(
      ALERT_METRIC_NAMES.toSorted(),
    );
    expect(faults).toEqual([]);
  });

  it('[OPS-5] one statement for rules of one source and one window, which ends before now; short windows first', () => {
    const plan = planReads(
      [
        buildRule('long', { windowMinutes: 60 }),
        buildRule('a'),
        buildRule('tokens', { metric: 'tokens' }),
        buildRule('b', { metric: 'error_ratio', filter: { model: ['x'] } }),
      ],
      NOW_MS,
    );
    const toMs = NOW_MS - LAG_MS;
    expect(
      plan.figures.map(({ source, window, questions }) => [
        source,
        window,
        questions.map(({ ruleId }) => ruleId),
      ]),
    ).toEqual([
      ['requests', { fromMs: toMs - 300_000, toMs }, ['a', 'b']],
      ['usage', { fromMs: toMs - 300_000, toMs }, ['tokens']],
      ['requests', { fromMs: toMs - 3_600_000, toMs }, ['long']],
    ]);
  });

  it('[OPS-5] no statement has more than 100 questions, and none is left out', () => {
    const { figures } = planReads(
      Array.from({ length: 250 }, (_, n) => buildRule(`alr_${n}`)),
      NOW_MS,
    );
    expect(figures.map(({ questions }) => questions.length)).toEqual([100, 100, 50]);
    expect(new Set(figures.flatMap(({ questions }) => questions.map(({ ruleId }) => ruleId))).size).toBe(250);
  });

  it.each(['toString', '', 'of_tomorrow'])('[OPS-5] the metric %j is none', (metric) => {
    expect(planReads([buildRule('a', { metric }), buildRule('b')], NOW_MS)).toMatchObject({
      faults: [{ ruleId: 'a' }],
      figures: [{ questions: [{ ruleId: 'b' }] }],
    });
  });
});

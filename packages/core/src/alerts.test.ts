import { describe, expect, it } from 'vitest';
import {
  ALERT_DIMENSIONS,
  ALERT_METRIC_NAMES,
  ALERT_METRICS,
  findForeignDimensions,
} from './alert-metrics.ts';
import { buildAlertSealContext, isSilenced, type AlertSilence } from './alerts.ts';

const FROM = new Date('2030-01-01T00:00:00Z');
const TO = new Date('2030-01-01T01:00:00Z');
const HALF = new Date('2030-01-01T00:30:00Z');
const RULE = { id: 'alr_1', filter: { group: ['grp_1', 'grp_2'], model: ['a'] } };

function isQuiet(silence: Partial<AlertSilence>, now = HALF): boolean {
  return isSilenced(RULE, { ruleId: null, filter: null, startsAt: FROM, endsAt: TO, ...silence }, now);
}

describe('isSilenced', () => {
  it('[OPS-5] holds from its first moment on, and no longer at its last', () => {
    const moments = [new Date(FROM.getTime() - 1), FROM, HALF, new Date(TO.getTime() - 1), TO];
    expect(moments.map((now) => isQuiet({}, now))).toEqual([false, true, true, true, false]);
    expect(isQuiet({ endsAt: FROM }, FROM)).toBe(false);
  });

  it('[OPS-5] is about one rule, or about all', () => {
    expect([isQuiet({ ruleId: 'alr_1' }), isQuiet({ ruleId: 'alr_2' }), isQuiet({})]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it.each([
    [{}, true],
    [{ model: ['a', 'b'] }, true],
    [{ group: ['grp_2', 'grp_1'] }, true],
    [{ group: ['grp_1'] }, false],
    [{ group: ['grp_1', 'grp_2'], model: ['b'] }, false],
    [{ user: ['usr_1'] }, false],
    [{ model: [] }, false],
  ])('[OPS-5] of a filter %j: %s', (filter, isIt) => {
    expect(isQuiet({ filter })).toBe(isIt);
  });

  it('[OPS-5] a rule that looks at everything is not quiet for a part of it', () => {
    const all = { id: 'alr_1', filter: {} };
    const silence = { ruleId: null, startsAt: FROM, endsAt: TO };
    expect(isSilenced(all, { ...silence, filter: { group: ['grp_1'] } }, HALF)).toBe(false);
    expect(
      isSilenced({ ...all, filter: { group: [] } }, { ...silence, filter: { group: ['x'] } }, HALF),
    ).toBe(false);
  });
});

describe('metrics', () => {
  it.each(ALERT_METRIC_NAMES)('[OPS-5] %s names every dimension that it cannot be narrowed by', (metric) => {
    const every = Object.fromEntries(ALERT_DIMENSIONS.map((dimension) => [dimension, ['x']]));
    const known: readonly string[] = ALERT_METRICS[metric].dimensions;
    const foreign = findForeignDimensions(metric, every);
    expect([...foreign, ...known].toSorted()).toEqual([...ALERT_DIMENSIONS].toSorted());
    expect(findForeignDimensions(metric, {})).toEqual([]);
  });

  it('[OPS-5] requests are not narrowed by account, attempts not by status', () => {
    expect(findForeignDimensions('requests', { account: ['acc_1'] })).toEqual(['account']);
    expect(findForeignDimensions('cost_usd', { status_class: ['5xx'], account: ['a'] })).toEqual([
      'status_class',
    ]);
  });
});

it('[OPS-5] the secrets of a channel are sealed apart', () => {
  const contexts = ['alc_1', 'alc_2'].flatMap((id) => [
    buildAlertSealContext(id, 'url'),
    buildAlertSealContext(id, 'secret'),
  ]);
  expect(new Set(contexts).size).toBe(4);
});

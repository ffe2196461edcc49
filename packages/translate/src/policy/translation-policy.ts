import { WIRE_PROTOCOLS, type WireProtocol } from '../conversation/wire-protocol.ts';
import { ANSWER_FEATURES, type AnswerFeature } from './answer-features.ts';
import type { FeatureRule, Handling, PolicyRow } from './policy-row.ts';
import { REQUEST_FEATURES, type RequestFeature } from './request-features.ts';

export type Feature = RequestFeature | AnswerFeature;

const RULES: Readonly<Record<Feature, FeatureRule>> = { ...REQUEST_FEATURES, ...ANSWER_FEATURES };

/** What becomes of a feature on its way to `to`: the one place where translators look. */
export function selectHandling(feature: Feature, to: WireProtocol): Handling {
  const rule = RULES[feature];
  return rule.to[to] ?? rule.to.else ?? 'dropped';
}

/** Why or how, for error texts and the page. */
export function selectNote(feature: Feature): string {
  return RULES[feature].note;
}

/** Title of the test that proves a row. */
export function buildPolicyTestTitle(row: Omit<PolicyRow, 'test' | 'note'>): string {
  return `[API-3] ${row.feature}, ${row.from} → ${row.to}: ${row.handling}`;
}

/** The whole matrix, one row a cell: docs/protocols.md is made of it, and a test stands for each row. */
export const TRANSLATION_POLICY: readonly PolicyRow[] = Object.freeze(
  (Object.keys(RULES) as Feature[]).flatMap((feature) =>
    RULES[feature].from.flatMap((from) => listRows(feature, from)),
  ),
);

function listRows(feature: Feature, from: WireProtocol): PolicyRow[] {
  return WIRE_PROTOCOLS.filter((to) => to !== from).map((to) => {
    const handling = selectHandling(feature, to);
    const test = buildPolicyTestTitle({ feature, from, to, handling });
    return { feature, from, to, handling, note: selectNote(feature), test };
  });
}

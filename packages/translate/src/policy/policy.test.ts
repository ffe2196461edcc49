import { findRequestFault } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import type { WireProtocol } from '../conversation/wire-protocol.ts';
import { buildOptions } from '../testing/translate-stream.ts';
import { translateAnswer } from '../translate-answer.ts';
import { translateRequest } from '../translate-request.ts';
import { ANSWER_FEATURES } from './answer-features.ts';
import type { Handling, PolicyRow } from './policy-row.ts';
import { REQUEST_FEATURES, type RequestFeature } from './request-features.ts';
import type { AnswerFeature } from './answer-features.ts';
import { CHAT_SAMPLES } from './samples/chat-samples.ts';
import type { FeatureSample, ProtocolSamples } from './samples/feature-sample.ts';
import { GEMINI_SAMPLES } from './samples/gemini-samples.ts';
import { MESSAGES_SAMPLES } from './samples/messages-samples.ts';
import { RESPONSES_SAMPLES } from './samples/responses-samples.ts';
import { TRANSLATION_POLICY } from './translation-policy.ts';

const SAMPLES: Partial<Record<WireProtocol, ProtocolSamples>> = {
  messages: MESSAGES_SAMPLES,
  chat: CHAT_SAMPLES,
  responses: RESPONSES_SAMPLES,
  gemini: GEMINI_SAMPLES,
};

const MODELS: Record<WireProtocol, string> = {
  messages: 'claude-sonnet-4-5',
  chat: 'gpt-4.1',
  responses: 'gpt-4.1',
  gemini: 'gemini-2.5-pro',
};

interface Outcome {
  isRefused: boolean;
  param: string | null;
  body: string;
  dropped: readonly string[];
}

function runRequest({ from, to }: PolicyRow, base: object, sample: FeatureSample): Outcome {
  const result = translateRequest(Buffer.from(JSON.stringify({ ...base, ...sample.body })), {
    from,
    to,
    upstreamModel: selectModel(sample, to),
    stream: false,
    outputTokensMax: null,
  });
  if (!result.ok) return { isRefused: true, param: result.param, body: '', dropped: [] };
  const sent: unknown = JSON.parse(Buffer.from(result.body).toString());
  expect(findRequestFault(to, sent, { model: selectModel(sample, to) })).toBeNull();
  return {
    isRefused: false,
    param: null,
    body: Buffer.from(result.body).toString(),
    dropped: result.dropped,
  };
}

function selectModel({ upstreamModel: model }: FeatureSample, to: WireProtocol): string {
  return (typeof model === 'string' ? model : model?.[to]) ?? MODELS[to];
}

function runAnswer({ from, to }: PolicyRow, base: object, sample: FeatureSample): Outcome {
  const result = translateAnswer(
    Buffer.from(JSON.stringify({ ...base, ...sample.body })),
    buildOptions(from, to),
  );
  expect(result).not.toBeNull();
  return {
    isRefused: false,
    param: null,
    body: Buffer.from(result?.body ?? []).toString(),
    dropped: result?.dropped ?? [],
  };
}

function runRow(row: PolicyRow): { outcome: Outcome; sample: FeatureSample } {
  const samples = SAMPLES[row.from];
  const isRequest = row.feature in REQUEST_FEATURES;
  const sample = isRequest
    ? samples?.requests[row.feature as RequestFeature]
    : samples?.answers[row.feature as AnswerFeature];
  if (samples === undefined || sample === undefined) throw new Error(`no sample of ${row.feature}`);
  const outcome = isRequest
    ? runRequest(row, samples.request, sample)
    : runAnswer(row, samples.answer, sample);
  return { outcome, sample };
}

function selectNeedle({ needle }: FeatureSample, to: WireProtocol): string | undefined {
  return typeof needle === 'string' ? needle : needle?.[to];
}

const EXPECT: Record<Handling, (outcome: Outcome, sample: FeatureSample, row: PolicyRow) => void> = {
  kept: expectCarried,
  translated: expectCarried,
  dropped: ({ isRefused, body, dropped }, sample, row) => {
    expect(isRefused).toBe(false);
    expect(dropped).toContain(sample.droppedAs ?? row.feature);
    const needle = selectNeedle(sample, row.to);
    expect(needle !== undefined && body.includes(needle)).toBe(false);
  },
  refused: ({ isRefused, param }, sample) => {
    expect([isRefused, param]).toEqual([true, sample.param]);
  },
};

function expectCarried(outcome: Outcome, sample: FeatureSample, row: PolicyRow): void {
  expect(outcome).toMatchObject({ isRefused: false, param: null });
  expect(outcome.dropped).not.toContain(sample.droppedAs ?? row.feature);
  const needle = selectNeedle(sample, row.to);
  expect(needle).toBeDefined();
  expect(outcome.body).toContain(needle);
}

describe('the policy of translation', () => {
  it('has a row for each feature, and each row once', () => {
    const features = [...Object.keys(REQUEST_FEATURES), ...Object.keys(ANSWER_FEATURES)];
    expect(new Set(TRANSLATION_POLICY.map(({ feature }) => feature))).toEqual(new Set(features));
    expect(new Set(TRANSLATION_POLICY.map(({ test }) => test)).size).toBe(TRANSLATION_POLICY.length);
  });

  it.each(TRANSLATION_POLICY.map((row) => [row.test, row] as const))('%s', (_title, row) => {
    const { outcome, sample } = runRow(row);
    EXPECT[row.handling](outcome, sample, row);
  });
});

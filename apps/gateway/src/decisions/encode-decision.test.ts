import { TollgateError, type DecisionDetail, type NodeId } from '@tollgate/core';
import { expect, it } from 'vitest';
import { matchEndpoint, type Endpoint } from '../routes.ts';
import { buildContext, buildParsedContext } from '../testing/build-context.ts';
import { readDecision } from '../testing/memory-decisions.ts';
import { encodeDecision } from './encode-decision.ts';

const NOW = { nodeId: 'nod_1' as NodeId, nowMs: 1_000_000, nowMonotonicMs: 250 };
const MESSAGES = matchEndpoint('POST', '/v1/messages') as Endpoint;

function encode(context: Parameters<typeof encodeDecision>[0], refusal: TollgateError | null) {
  const text = encodeDecision(context, refusal, NOW);
  return text === null ? null : readDecision(text);
}

it('[OPS-9] a refusal has its status and code, and began when its first byte came', () => {
  const { context } = buildParsedContext();
  context.endpoint = MESSAGES;
  expect(encode(context, new TollgateError('no_account'))).toMatchObject({
    requestId: 'req_1',
    atMs: 999_750,
    durationMs: 250,
    endpoint: 'messages',
    status: 503,
    errorCode: 'no_account',
    attempts: 0,
    detail: { rounds: [], admittedAfterMs: null },
  });
});

it('[OPS-9] what the client got is the last attempt’s; nothing at all = it has left', () => {
  const { context } = buildParsedContext();
  context.endpoint = MESSAGES;
  expect(encode(context, null)).toMatchObject({ status: 499, errorCode: 'client_closed' });
  context.decision.noteAttempt(null, 200, null);
  expect(encode(context, null)).toMatchObject({ status: 200, errorCode: null });
});

it('[OPS-9] there is none of nobody’s requests, nor of what is no call to a model', () => {
  const { context } = buildContext();
  context.endpoint = MESSAGES;
  expect(encode(context, new TollgateError('invalid_key'))).toBeNull();
  const { context: listed } = buildParsedContext();
  listed.endpoint = matchEndpoint('GET', '/v1/models') as Endpoint;
  expect(encode(listed, null)).toBeNull();
});

it.each([
  ['a\ud800b', 'a\ufffdb'],
  ['\ta\nb\u0001\0', '\ufffda\ufffdb\ufffd\ufffd'],
  ['\u0001', '\ufffd'],
  ['\\N 中\u{1f600}"', '\\N 中\u{1f600}"'],
])('a model of any characters keeps to its field: %j', (model, shown) => {
  const { context } = buildParsedContext();
  context.endpoint = MESSAGES;
  context.scan = { ...context.parsed.scan, model };
  expect(encode(context, null)).toMatchObject({ model: shown, status: 499 });
});

it('names of large pools are cut, and counted', () => {
  const { context } = buildParsedContext();
  context.endpoint = MESSAGES;
  const exclusions = Array.from({ length: 200 }, (_, n) => ({
    accountId: `acc_${n}` as never,
    reason: n < 10 ? 'already-tried' : 'disabled',
  }));
  context.decision.beginRound(context.admitted.group.id, [], exclusions);
  context.decision.exclude([{ accountId: 'acc_x' as never, reason: 'full' }]);
  context.endpoint = MESSAGES;
  const { rounds } = (encode(context, null) ?? {})['detail'] as DecisionDetail;
  expect(rounds).toMatchObject([{ candidates: [], candidateCount: 0, excludedCount: 191 }]);
  expect(rounds[0]?.excluded).toEqual(exclusions.slice(10, 60));
});

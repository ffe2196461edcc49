import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import {
  ANSWER_BYTES_MAX,
  broke,
  CLOSED_KEY,
  failed,
  overloaded,
  rateLimited,
  observeOutcome,
  startFaultyUpstream,
  timedOut,
  whole,
  type FaultyUpstream,
  type UpstreamFault,
} from '../harness/faulty-upstream.ts';
import { TOPOLOGIES } from '../harness/topology.ts';

const error = (type: string) => ({ type: 'error', error: { type, message: 'told to fail' } });
const answerOf = (bytes: number) => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'x'.repeat(bytes) }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 5, output_tokens: 7 },
});

const FAULTS: UpstreamFault[] = [
  ['resets before the headers', { resetBeforeHeaders: true }, broke()],
  ['resets after the headers', { resetAfterEvents: 0 }, broke(200)],
  ['resets in the middle of the body', { resetAfterBytes: 50 }, broke(200)],
  ['sends its headers slowly, and in time', { delayHeadersMs: 250 }, whole()],
  ['sends its headers too late', { delayHeadersMs: 5_000 }, timedOut(502)],
  ['stalls after the headers', { stallAfterEvents: 0 }, timedOut(200)],
  ['says it is overloaded inside a 200', { body: error('overloaded_error') }, overloaded()],
  ['says it is rate limited inside a 200', { body: error('rate_limit_error') }, rateLimited()],
  [
    'refuses the request inside a 200',
    { body: error('invalid_request_error') },
    failed(400, 'invalid_request_error', 'invalid_request'),
  ],
  ['sends a page', { garbage: 'html' }, broke(200)],
  ['sends random bytes', { garbage: 'random' }, broke(200)],
  ['sends no HTTP', { garbage: 'not-http' }, broke()],
  ['sends JSON that is no object', { body: '[]' }, broke(200)],
  ['sends nothing at all', { body: '' }, broke(200)],
  ['redirects', { status: 302, headers: { location: '/elsewhere' } }, broke(302)],
  ['claims a content coding that it does not use', { headers: { 'content-encoding': 'gzip' } }, whole()],
  ['claims a content coding that nobody knows', { headers: { 'content-encoding': 'x' } }, broke(200)],
  ['promises more bytes than come', { wrongContentLength: 50 }, broke(200)],
  ['promises fewer bytes than come', { wrongContentLength: -20 }, broke(200)],
  ['never ends', { endless: true, delayEventsMs: 20 }, timedOut(200)],
  [
    'does not close after the last byte though it said so',
    { neverClose: true, headers: { connection: 'close' } },
    whole(),
  ],
  ['closes after the answer though it was to keep alive', { closeIdle: true }, whole()],
  ['answers at length', { body: answerOf(ANSWER_BYTES_MAX / 2) }, whole()],
  ['answers beyond the limit', { body: answerOf(ANSWER_BYTES_MAX) }, broke(200)],
  ['sends one byte a chunk', { chunkBytes: 1 }, whole()],
];

/** Plain answers: what the client sees of a bad upstream, that slots are back, what is booked. */
describe.each(TOPOLOGIES)('an upstream that misbehaves, plain, %s', (name) => {
  let upstream: FaultyUpstream;
  beforeAll(async () => {
    upstream = await startFaultyUpstream(name);
  });
  afterAll(() => upstream.stop());

  it.each(FAULTS)('[REQ-6] [MON-5] %s', async (_, script, outcome) => {
    upstream.simulator.setScript(() => script);
    const answer = await postMessages(upstream.gateway, buildMessage());
    expect(await observeOutcome(upstream, answer)).toEqual(outcome);
  });

  it('[REQ-6] refuses the connection', async () => {
    const headers = { 'x-api-key': CLOSED_KEY };
    const answer = await postMessages(upstream.gateway, buildMessage(), headers);
    expect(await observeOutcome(upstream, answer)).toEqual(broke());
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import {
  broke,
  CLOSED_KEY,
  cut,
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

const FAULTS: UpstreamFault[] = [
  ['resets before the headers', { resetBeforeHeaders: true }, broke()],
  ['resets after the headers', { resetAfterEvents: 0 }, broke(200)],
  ['resets before content', { resetAfterEvents: 1 }, broke(200)],
  ['resets in the middle of content', { resetAfterEvents: 4 }, cut()],
  ['resets in the middle of an event', { resetAfterBytes: 700 }, cut()],
  ['sends its headers slowly, and in time', { delayHeadersMs: 250 }, whole()],
  ['sends its headers too late', { delayHeadersMs: 5_000 }, timedOut(502)],
  ['stalls before content', { stallAfterEvents: 1 }, timedOut(200)],
  ['stalls after content', { stallAfterEvents: 4 }, cut()],
  ['is overloaded as first event', { errorEventAfter: 0 }, overloaded()],
  ['is rate limited before content', { errorEventAfter: 1, errorType: 'rate_limit_error' }, rateLimited()],
  [
    'refuses the request before content',
    { errorEventAfter: 1, errorType: 'invalid_request_error' },
    broke(400),
  ],
  ['is overloaded after content', { errorEventAfter: 4 }, cut()],
  ['is rate limited after content', { errorEventAfter: 4, errorType: 'rate_limit_error' }, cut()],
  ['refuses the request after content', { errorEventAfter: 4, errorType: 'invalid_request_error' }, cut()],
  ['sends a page', { garbage: 'html' }, broke(200)],
  ['sends random bytes', { garbage: 'random' }, broke(200)],
  ['sends no HTTP', { garbage: 'not-http' }, broke()],
  [
    'sends random bytes as events',
    { bytes: Buffer.from('\0\xff\x00{]\n\n'.repeat(99), 'latin1') },
    broke(200),
  ],
  ['sends an empty stream', { bytes: Buffer.alloc(0) }, broke(200)],
  ['promises more bytes than come', { wrongContentLength: 50 }, whole()],
  ['promises fewer bytes than come', { wrongContentLength: -200 }, cut()],
  ['never ends', { endless: true, delayEventsMs: 20 }, cut()],
  ['does not close after message_stop', { neverClose: true }, whole()],
  ['closes after the answer though it was to keep alive', { closeIdle: true }, whole()],
  ['sends an event of 4 MiB', { giantEventBytes: 4 * 1_048_576 }, whole()],
  ['sends one byte a chunk', { chunkBytes: 1 }, whole()],
];

/** Streams: what the client sees of a bad upstream, that slots are back, what is booked. */
describe.each(TOPOLOGIES)('an upstream that misbehaves, streamed, %s', (name) => {
  let upstream: FaultyUpstream;
  beforeAll(async () => {
    upstream = await startFaultyUpstream(name);
  });
  afterAll(() => upstream.stop());

  it.each(FAULTS)('[SEL-5] [MON-5] %s', async (_, script, outcome) => {
    upstream.simulator.setScript(() => script);
    const answer = await postMessages(upstream.gateway, buildMessage({ stream: true }));
    expect(await observeOutcome(upstream, answer)).toEqual(outcome);
  });

  it('[REQ-6] refuses the connection', async () => {
    const headers = { 'x-api-key': CLOSED_KEY };
    const answer = await postMessages(upstream.gateway, buildMessage({ stream: true }), headers);
    expect(await observeOutcome(upstream, answer)).toEqual(broke());
  });
});

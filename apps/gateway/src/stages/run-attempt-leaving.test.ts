import { parseUsd } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { answerStream, CONTENT, ENDING, event } from '../testing/fake-upstream.ts';
import { ESTIMATED_INPUT, expectNoListeners, PRELUDE, setUpAttempt } from '../testing/set-up-attempt.ts';

describe('run-attempt: the client leaves', () => {
  it('[MON-7] before the headers: cut at once, failed with 499', async () => {
    const test = setUpAttempt();
    const running = test.run();
    await test.settleDown();
    test.writer.leave();
    expect(await running).toBeNull();
    expect(test.services.upstream.calls[0]?.isAborted).toBe(true);
    expect(test.journal.closed).toMatchObject([
      { state: 'failed', status: 499, errorCode: 'client_closed', actualCost: 0n },
    ]);
    expectNoListeners(test);
  });

  it('[MON-7] in the middle: estimated from what came, and billed', async () => {
    const { writer, journal, run, settleDown } = setUpAttempt();
    const running = run(answerStream([PRELUDE, CONTENT, CONTENT], 'open'));
    await settleDown();
    writer.leave();
    await running;
    expect(journal.closed).toMatchObject([{ state: 'estimated', status: 499, usage: { inputTokens: 100 } }]);
    expect(journal.closed[0]?.usage.outputTokens).toBeGreaterThan(1);
    expect(journal.closed[0]?.actualCost).toBeGreaterThan(parseUsd('0.00045'));
  });

  it('[MON-7] in the middle of a stream that named no usage: estimated from what was relayed', async () => {
    const { writer, journal, run, settleDown } = setUpAttempt();
    const start = event('message_start', { message: { id: 'msg_1' } });
    const running = run(answerStream([start, CONTENT], 'open'));
    await settleDown();
    writer.leave();
    await running;
    expect(journal.closed).toMatchObject([{ state: 'estimated', status: 499 }]);
    expect(journal.closed[0]?.usage).toMatchObject({ inputTokens: ESTIMATED_INPUT, outputTokens: 9 });
  });

  it('[MON-7] with the whole message here but its last bytes held back: the reported usage counts', async () => {
    const { writer, journal, run, settleDown } = setUpAttempt();
    const running = run(answerStream([PRELUDE, CONTENT, ENDING], 'open'));
    await settleDown();
    expect(writer.body).toBe(PRELUDE + CONTENT);
    writer.leave();
    await running;
    expect(journal.closed).toMatchObject([
      {
        state: 'settled',
        status: 499,
        errorCode: 'client_closed',
        usage: { inputTokens: 100, outputTokens: 20 },
        actualCost: parseUsd('0.0009'),
        upstreamRequestId: 'req_up',
      },
    ]);
  });

  it('[MON-7] had left before the attempt was sent: closed all the same', async () => {
    const { writer, journal, run, services } = setUpAttempt();
    writer.leave();
    expect(await run(answerStream([PRELUDE, CONTENT, ENDING]))).toBeNull();
    expect(journal.closed).toMatchObject([{ state: 'failed', status: 499 }]);
    expect(services.upstream.calls[0]?.isAborted).toBe(true);
  });

  it('inside the very write that tells it: nothing is written after it, one row', async () => {
    const { writer, journal, run } = setUpAttempt();
    writer.onWrite = () => writer.leave();
    await run(answerStream([PRELUDE, CONTENT, CONTENT, ENDING]));
    expect([writer.body, journal.closed.length, journal.closed[0]?.status]).toEqual(['', 1, 499]);
  });

  it('after its last byte: the row stays as it is', async () => {
    const test = setUpAttempt();
    await test.run(answerStream([PRELUDE, CONTENT, ENDING]));
    test.writer.leave();
    expect(test.journal.closed).toMatchObject([{ state: 'settled', status: 200 }]);
  });
});

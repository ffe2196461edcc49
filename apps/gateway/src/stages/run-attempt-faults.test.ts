import { describe, expect, it } from 'vitest';
import { answerStream, CONTENT, ENDING } from '../testing/fake-upstream.ts';
import { expectNoListeners, PRELUDE, setUpAttempt } from '../testing/set-up-attempt.ts';

describe('run-attempt: faults of ours', () => {
  it('[MON-6] the journal is full: 503, and nothing is sent', async () => {
    const test = setUpAttempt();
    test.journal.isFull = true;
    await expect(test.run()).rejects.toMatchObject({
      code: 'unavailable',
      status: 503,
      retryAfterMs: 5_000,
    });
    expect([test.services.upstream.calls.length, test.journal.closed.length, test.context.attempts]).toEqual([
      0, 0, 0,
    ]);
    expectNoListeners(test);
  });

  it('the journal cannot be written at all: the fault is not hidden', async () => {
    const test = setUpAttempt();
    test.journal.open = () => {
      throw new Error('EIO');
    };
    await expect(test.run()).rejects.toThrow('EIO');
    expect(test.services.upstream.calls).toEqual([]);
  });

  it('[MON-6] the end cannot be written down: the client does not see it, the upstream is cut', async () => {
    const test = setUpAttempt();
    let tries = 0;
    test.journal.beforeClose = () => {
      tries += 1;
      if (tries === 1) throw new Error('EIO');
    };
    await expect(test.run(answerStream([PRELUDE, CONTENT, ENDING]))).rejects.toThrow('EIO');
    expect(test.writer.body).toBe(PRELUDE + CONTENT);
    // Tried once more when the attempt is put away.
    expect(test.journal.closed).toMatchObject([{ state: 'failed', status: 500, errorCode: 'internal' }]);
    expectNoListeners(test);
  });

  it.each(['startStream', 'write'] as const)('the writer throws in %s: closed as ours', async (method) => {
    const test = setUpAttempt();
    test.writer[method] = () => {
      throw new Error('broken');
    };
    await expect(test.run(answerStream([PRELUDE, CONTENT, ENDING], 'open'))).rejects.toThrow('broken');
    expect(test.services.upstream.calls[0]?.isAborted).toBe(true);
    expect(test.journal.closed).toMatchObject([
      { state: 'failed', status: 500, errorCode: 'internal', usage: { inputTokens: 100 }, actualCost: 0n },
    ]);
    expectNoListeners(test);
  });

  it('the upstream client throws: closed as ours', async () => {
    const test = setUpAttempt();
    test.services.upstream.send = () => {
      throw new Error('broken');
    };
    await expect(test.run()).rejects.toThrow('broken');
    expect(test.journal.closed).toMatchObject([{ state: 'failed', status: 500 }]);
  });
});

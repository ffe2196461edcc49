import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LINE_MARK, type AttemptFacts, type AttemptOutcome } from '@tollgate/core';
import { buildFacts, buildOutcome, buildUnknown } from '@tollgate/core/testing';
import { JournalFolder } from './testing/journal-folder.ts';

/** Written by earlier releases: three attempts opened, the first and the third closed. */
const OLD_SEGMENTS = [
  {
    name: 'version-1.jnl',
    costs: { standardCost: 12_345_678_901_234_567_890n, actualCost: 18_518_518_351_851_851_835n },
  },
  { name: 'version-2.jnl', costs: {} },
];
const STOP = { shipWithinMs: 2_000 };

function id(prefix: string, number: number): never {
  return `${prefix}_${String(number).padStart(26, '0')}` as never;
}

function buildOldFacts(number: number): AttemptFacts {
  return buildFacts({
    attemptId: id('att', number),
    requestId: id('req', number),
    nodeId: id('nod', 1),
    userId: id('usr', number),
    keyId: id('key', number),
    groupId: id('grp', 1),
    accountId: id('acc', 1),
    subscriptionId: null,
  });
}

function buildOldRows(costs: object): AttemptOutcome[] {
  const old = { ...costs, media: null };
  return [
    buildOutcome(buildOldFacts(1), old),
    buildOutcome(buildOldFacts(3), {
      ...old,
      state: 'failed',
      status: 502,
      errorCode: 'upstream_error',
      extra: [],
      priceVersion: null,
      firstTokenMs: null,
      upstreamRequestId: null,
    }),
  ];
}

describe('a segment of an earlier version', () => {
  it.each(OLD_SEGMENTS)(
    '[MON-6] $name is shipped, with what it left open as unknown, beside new attempts',
    async ({ name, costs }) => {
      using folder = new JournalFolder();
      copyFileSync(new URL(`testing/segments/${name}`, import.meta.url), join(folder.dir, '00000001.jnl'));
      const journal = await folder.open();
      expect(journal.status()).toMatchObject({ pendingAttempts: 3, openAttempts: 0 });
      const fresh = buildOutcome();
      await journal.open(fresh);
      journal.close(fresh);
      journal.close({ ...fresh, state: 'failed' });
      await journal.stop(STOP);
      expect([...folder.sink.rows.values()]).toEqual([
        ...buildOldRows(costs),
        buildUnknown(buildOldFacts(2)),
        fresh,
      ]);
      expect(folder.alarms).toEqual([]);
    },
  );

  it('[MON-6] and attempts that no line can hold go through all the same, in their order', async () => {
    using folder = new JournalFolder();
    folder.sink.fault = () => new Error('connection refused');
    const journal = await folder.open();
    const odd = { model: 'a\tb\n"\\N" \u{1f600}', durationMs: 1.5 };
    const outcomes = Array.from({ length: 20 }, (_, number) =>
      buildOutcome(undefined, number % 3 === 0 ? odd : {}),
    );
    for (const outcome of outcomes) {
      await journal.open(outcome);
      journal.close(outcome);
    }
    await journal.open(buildFacts(odd));
    await journal.stop({ shipWithinMs: 0 });
    const bytes = readFileSync(join(folder.dir, '00000001.jnl'), 'utf8');
    expect([bytes.split(LINE_MARK).length > 20, bytes.includes('[3,"att_')]).toEqual([true, true]);
    folder.sink.fault = null;
    const next = await folder.open();
    await next.stop(STOP);
    const rows = [...folder.sink.rows.values()];
    expect(rows.slice(0, 20)).toEqual(outcomes);
    expect(rows.slice(20)).toMatchObject([{ state: 'unknown', model: odd.model }]);
  });
});

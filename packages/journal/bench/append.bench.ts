/** What one attempt (open + close) costs the loop, beside plain writeSync calls of the same bytes. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createId, encodeFacts, encodeOutcome, silentLogger, systemClock } from '@tollgate/core';
import { bench, run, summary } from 'mitata';
import { openJournal } from '../src/index.ts';
import { RecordEncoder } from '../src/record-encoder.ts';
import { RECORD_CLOSE, RECORD_OPEN } from '../src/record-types.ts';
import { buildFacts, buildOutcome } from '@tollgate/core/testing';

const dir = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
const journal = await openJournal({
  dir: join(dir, 'journal'),
  sink: { book: () => Promise.resolve() },
  clock: systemClock,
  logger: silentLogger,
  nodeId: createId('node', 0),
  bytesMax: 8 * 1024 ** 3,
});
const facts = buildFacts();
const encoder = new RecordEncoder();
const openBytes = Buffer.alloc(encoder.encode(RECORD_OPEN, encodeFacts(facts)));
const closeBytes = Buffer.alloc(encoder.encode(RECORD_CLOSE, encodeOutcome(buildOutcome(facts))));
const fd = openSync(join(dir, 'plain'), 'w');
const outcomes = Array.from({ length: 10_000 }, () => buildOutcome(facts));
let next = 0;

summary(() => {
  bench('two plain writeSync', () => {
    writeSync(fd, openBytes);
    writeSync(fd, closeBytes);
  }).baseline(true);
  bench('open + close', () => {
    const outcome = outcomes[next % outcomes.length] ?? buildOutcome(facts);
    outcome.attemptId = `att_${next}` as typeof outcome.attemptId;
    next += 1;
    void journal.open(outcome);
    journal.close(outcome);
  });
});

await run();
closeSync(fd);
await journal.stop({ shipWithinMs: 0 });
rmSync(dir, { recursive: true });

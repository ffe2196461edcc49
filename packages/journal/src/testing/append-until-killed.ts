/**
 * Appends as fast as it can and says on stdout what the journal took, one line each, only after the journal
 * returned: `o <id>` and `c <outcome as payload>`. Its parent kills it. Arguments: directory, life number.
 */
import { writeSync } from 'node:fs';
import { createId, encodeOutcome, silentLogger, systemClock } from '@tollgate/core';
import { openJournal } from '../open-journal.ts';
import { buildFacts, buildOutcome } from '@tollgate/core/testing';

const STDOUT = 1;
const BURST = 20;
/** In one turn of the loop, so with one write. */
const OPENED_TOGETHER = 4;

const [dir = '', life = '0'] = process.argv.slice(2);
const journal = await openJournal({
  dir,
  sink: { book: () => Promise.reject(new Error('connection refused')) },
  clock: systemClock,
  logger: silentLogger,
  nodeId: createId('node', 0),
  fsyncIntervalMs: 2,
  segmentBytes: 20_000,
});
writeSync(STDOUT, 'ready\n');

async function openAndClose(number: number): Promise<void> {
  const facts = buildFacts({ model: `life ${life} attempt ${number}` });
  await journal.open(facts);
  writeSync(STDOUT, `o ${facts.attemptId}\n`);
  if (number % 5 === 0) return;
  const outcome = buildOutcome(facts, { durationMs: number });
  journal.close(outcome);
  writeSync(STDOUT, `c ${encodeOutcome(outcome)}\n`);
}

for (let number = 0; ; number += OPENED_TOGETHER) {
  await Promise.all(Array.from({ length: OPENED_TOGETHER }, (_, index) => openAndClose(number + index)));
  if (number % BURST === 0) await new Promise(setImmediate);
}

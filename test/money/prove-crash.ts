import { describeMachine, writeSection } from '../bench/page-section.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { buildCrashReport, listCrashBreaches } from './crash/judge-crashes.ts';
import { runCrashes } from './crash/run-crashes.ts';

/** MON-6 in full. Ends with code 1 when an answer is not billed once. `--write` puts the report into the docs. */
const PLAN = { rounds: 20, clients: 16, lost: 20, random: createSeededRandom('crash') };

const result = await runCrashes(PLAN);
const report = buildCrashReport(result);
process.stdout.write(`${report.join('\n')}\n`);
if (process.argv.includes('--write'))
  writeSection('prove:crash', [
    describeMachine(),
    `${PLAN.clients} closed-loop clients, half of their answers streamed, on 2 gateways.`,
    '',
    ...report,
  ]);
const breaches = listCrashBreaches(result);
process.stdout.write(`${breaches.length === 0 ? 'every cent is right' : breaches.join('\n')}\n`);
if (breaches.length > 0) process.exitCode = 1;

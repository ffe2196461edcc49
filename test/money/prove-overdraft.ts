import { startPostgresServer, startRedisServer } from '@tollgate/testkit';
import { describeMachine, writeSection } from '../bench/page-section.ts';
import { buildOverdraftTable, listOverdraftBreaches } from './overdraft/judge-overdraft.ts';
import { measureOverdraft, type OverdraftResult } from './overdraft/measure-overdraft.ts';
import { OVERDRAFT_CASES, type OverdraftPlan } from './overdraft/overdraft-plan.ts';
import { gaugeHold, startOverdraftSite } from './overdraft/overdraft-site.ts';

/**
 * MON-4 in full: 1,000 requests at once over 4 real gateway processes, where 1.00 USD is left. Ends with code 1 when
 * money is wrong. `--write` puts the table into the docs.
 */
const PLAN: OverdraftPlan = { nodes: 4, requests: 1_000, limit: '1.00', maxTokens: 1_000, latencyMs: 20 };

const redis = await startRedisServer();
const postgres = await startPostgresServer();
const results: OverdraftResult[] = [];
try {
  await measureAll();
} finally {
  await redis.stop();
  await postgres.stop();
}
const table = buildOverdraftTable(results);
process.stdout.write(`${table.join('\n')}\n`);
if (process.argv.includes('--write'))
  writeSection('prove:overdraft', [...describeConditions(), '', ...table]);
const breaches = results.flatMap((result) => listOverdraftBreaches(result, PLAN.requests));
process.stdout.write(`${breaches.length === 0 ? 'every cent is right' : breaches.join('\n')}\n`);
if (breaches.length > 0) process.exitCode = 1;

async function measureAll(): Promise<void> {
  const site = await startOverdraftSite(PLAN, { redisUrl: redis.url, postgresUrl: postgres.url });
  try {
    const hold = await gaugeHold(site, PLAN);
    for (const item of OVERDRAFT_CASES) {
      const result = await measureOverdraft(item, site, PLAN, hold);
      results.push(result);
      process.stderr.write(`${item.name}: ${result.served} served, ${result.refused} refused\n`);
    }
  } finally {
    await site.stop();
  }
}

function describeConditions(): string[] {
  const tooSlow = results.reduce((sum, result) => sum + result.tooSlow, 0);
  return [
    describeMachine(),
    `${PLAN.requests} requests at once, max_tokens ${PLAN.maxTokens}, over ${PLAN.nodes} gateways; the upstream answers after ${PLAN.latencyMs} ms.`,
    `Asked again because the store was slower than 250 ms (LIM-11): ${tooSlow}.`,
  ];
}

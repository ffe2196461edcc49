/**
 * Where a worker begins to cost the loop less than scanning inline: the basis of INLINE_SCAN_BYTES_MAX.
 * Run: node packages/body/bench/crossover.bench.ts
 * A hand-over costs the loop the two posts and the wake-ups, not the scan; the benches below measure time, so
 * the second table reads the loop's own CPU time from its thread while the worker runs on another core.
 */
import { silentLogger } from '@tollgate/core';
import { bench, do_not_optimize, group, run } from 'mitata';
import { createBodyPool } from '../src/body-pool.ts';
import { scanMessagesBody } from '../src/scan-messages-body.ts';

const KIB = 1024;
const SIZES = [1, 8, 16, 32, 64, 128, 1024, 8192].map((kib) => kib * KIB);
const LINE =
  '  const answer = await fetch("https://example.test/x");\n\tif (!answer.ok) return null; // – é\n';

/** Like an agent's request: many tool results with quotes, line feeds and some UTF-8. */
function buildRequest(bytes: number): Buffer {
  const messages: object[] = [];
  for (let size = 0; size < bytes; size += 2400) {
    const content = LINE.repeat(Math.min(22, Math.ceil(bytes / 110)));
    messages.push({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: `toolu_${size}`, content }],
    });
  }
  return Buffer.from(JSON.stringify({ model: 'claude-x', max_tokens: 1024, stream: true, messages }));
}

const pool = createBodyPool({ threads: 1, queueMax: 10, logger: silentLogger });

for (const size of SIZES) {
  const body = buildRequest(size);
  if (!scanMessagesBody(body).ok) throw new Error('the scan must accept the body');
  let travelling: Buffer = Buffer.from(new Uint8Array(body).buffer);
  group(`${body.length} bytes`, () => {
    bench('JSON.parse', () => do_not_optimize(JSON.parse(body.toString()))).baseline();
    bench('scan inline', () => do_not_optimize(scanMessagesBody(body)));
    bench('scan in a worker (wall)', async () => {
      travelling = (await pool.scanInWorker(travelling)).body;
    });
  });
}
await run();

process.stdout.write('\nCPU of the loop, µs a body\n  bytes    inline    worker\n');
for (const size of SIZES) {
  const body = buildRequest(size);
  const rounds = Math.max(20, Math.min(3000, Math.floor(2e8 / body.length / 10)));
  const inlineUs = await measureLoopCpuUs(rounds, () => Promise.resolve(scanMessagesBody(body)));
  let travelling: Buffer = Buffer.from(new Uint8Array(body).buffer);
  const workerUs = await measureLoopCpuUs(rounds, async () => {
    travelling = (await pool.scanInWorker(travelling)).body;
  });
  const columns = [body.length, inlineUs.toFixed(1), workerUs.toFixed(1)];
  process.stdout.write(`${columns.map((column) => String(column).padStart(9)).join(' ')}\n`);
}
await pool.close();

async function measureLoopCpuUs(rounds: number, work: () => Promise<unknown>): Promise<number> {
  for (let round = 0; round < rounds / 4; round += 1) await work();
  const before = process.threadCpuUsage();
  for (let round = 0; round < rounds; round += 1) await work();
  const used = process.threadCpuUsage(before);
  return (used.user + used.system) / rounds;
}

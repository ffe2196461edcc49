/** The simulator as its own process: `node main.ts [--port N] [--fast]`; prints its address, ends on SIGTERM. */
import { parseArgs } from 'node:util';
import { startBenchServer } from './start-bench-server.ts';
import { startSimulator } from './start-simulator.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, fast: { type: 'boolean', default: false } },
});
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write(`--port must be 0 to 65535, not ${values.port}\n`);
  process.exit(1);
}
const server = values.fast ? await startBenchServer({ port }) : await startSimulator({ port });
process.stdout.write(`simulator ready url=${server.url}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.stop());

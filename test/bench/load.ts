import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findServerBinary } from '@tollgate/testkit';

const runFile = promisify(execFile);
const TICKS_PER_SECOND = 100;

export interface LoadResult {
  requestsPerSecond: number;
  /** CPU time of the measured processes, µs per request. */
  cpuUsPerRequest: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
}

export interface LoadOptions {
  url: string;
  keys: readonly string[];
  body: string;
  connections: number;
  seconds: number;
  /** Whose CPU time counts. */
  pids: readonly number[];
}

/** A bounded closed loop by wrk on loopback, the keys in turn. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const wrk = findServerBinary('wrk', 'wrk');
  const script = join(tmpdir(), `tollgate-wrk-${process.pid}.lua`);
  writeFileSync(script, buildScript(options));
  const before = readCpuUs(options.pids);
  const { stdout } = await runFile(wrk, [
    ...['-t', '1', '-c', String(options.connections), '-d', `${options.seconds}s`, '-s', script],
    `${options.url}/v1/messages`,
  ]);
  const cpuUs = readCpuUs(options.pids) - before;
  const result = JSON.parse(/RESULT (\{.*\})/.exec(stdout)?.[1] ?? '{}') as Record<string, number>;
  const requests = result['requests'] ?? 0;
  return {
    requestsPerSecond: requests / ((result['duration'] ?? 1) / 1e6),
    cpuUsPerRequest: cpuUs / Math.max(1, requests),
    p50Ms: (result['p50'] ?? 0) / 1e3,
    p99Ms: (result['p99'] ?? 0) / 1e3,
    errors: result['errors'] ?? 0,
  };
}

function buildScript(options: LoadOptions): string {
  return `
local keys = {${options.keys.map((key) => `"${key}"`).join(',')}}
local requests = {}
init = function()
  for i, key in ipairs(keys) do
    requests[i] = wrk.format("POST", nil, { ["x-api-key"] = key, ["content-type"] = "application/json",
      ["anthropic-version"] = "2023-06-01" }, [==[${options.body}]==])
  end
end
local turn = 0
request = function() turn = turn % #requests + 1; return requests[turn] end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"duration":%d,"p50":%d,"p99":%d,"errors":%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end`;
}

/** utime + stime of the processes, all threads; µs. */
export function readCpuUs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1e6) / TICKS_PER_SECOND;
}

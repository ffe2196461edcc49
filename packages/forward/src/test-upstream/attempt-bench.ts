import { DEFAULT_DEADLINES, type GroupDeadlines, systemClock } from '@tollgate/core';
import type { AttemptOptions } from '../attempt/attempt-options.ts';
import { createDeadlineTicker } from '../attempt/deadline-ticker.ts';
import { type AttemptRun, forwardAttempt } from '../attempt/forward-attempt.ts';
import type { UpstreamClient } from '../port.ts';
import { createHttp1Client } from '../http1/http1-client.ts';
import { openGuard } from './open-guard.ts';
import { RecordingSink } from './recording-sink.ts';
import { SampleMeter } from './sample-meter.ts';
import { ScriptedUpstream, type UpstreamScript } from './scripted-upstream.ts';

const TICK_MS = 10;

export interface Bench extends AsyncDisposable {
  run: AttemptRun;
  sink: RecordingSink;
  upstream: ScriptedUpstream;
  client: UpstreamClient;
  options: AttemptOptions;
}

export type BenchOptions = Partial<Omit<AttemptOptions, 'sink' | 'deadlines'>> & {
  deadlines?: Partial<GroupDeadlines>;
  /** Set up the sink before the request goes out. */
  prepareSink?: (sink: RecordingSink) => void;
};

/** One attempt through the real client on a scripted upstream. */
export async function openBench(script: UpstreamScript, overrides: BenchOptions = {}): Promise<Bench> {
  const { deadlines, prepareSink, ...rest } = overrides;
  const upstream = await ScriptedUpstream.start(script);
  const client = createHttp1Client({ policy: openGuard });
  const sink = new RecordingSink();
  prepareSink?.(sink);
  const options: AttemptOptions = {
    client,
    request: {
      method: 'POST',
      origin: upstream.origin,
      path: '/v1/messages',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{}'),
      connectTimeoutMs: 2000,
    },
    wantsStream: true,
    meter: new SampleMeter(),
    sink,
    deadlines: { ...DEFAULT_DEADLINES, ...deadlines },
    totalDeadlineAtMs: systemClock.monotonicMs() + 60_000,
    clock: systemClock,
    ticker: createDeadlineTicker(systemClock, TICK_MS),
    isWholeJson,
    beforeFinish: (outcome) => sink.log.push(`before ${outcome}`),
    ...rest,
  };
  const run = forwardAttempt(options);
  return {
    run,
    sink,
    upstream,
    client,
    options,
    async [Symbol.asyncDispose]() {
      await client.close();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

export function isWholeJson(body: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export async function waitUntil(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !condition(); i += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
  if (!condition()) throw new Error('waited in vain');
}

import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startCountingUpstream, type PhaseSlots, type UpstreamCounts } from './counting-upstream.ts';

/** `begin` and `read` of CountingUpstream, asked over the thread's port. */
export interface UpstreamThread {
  url: string;
  begin(slots: PhaseSlots): Promise<void>;
  read(): Promise<UpstreamCounts>;
  stop(): Promise<void>;
}

type Order = { begin: PhaseSlots } | 'read';

/** The counting upstream on a thread of its own, so that the clients' work does not delay its clock. */
export async function startUpstreamThread(latencyMs: number): Promise<UpstreamThread> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { latencyMs } });
  const [url] = (await once(worker, 'message')) as [string];
  const ask = async <Answer>(order: Order): Promise<Answer> => {
    // The linter takes it for a window, which would want a target.
    worker.postMessage(order, []);
    const [answer] = (await once(worker, 'message')) as [Answer];
    return answer;
  };
  return {
    url,
    begin: (slots) => ask({ begin: slots }),
    read: () => ask('read'),
    async stop() {
      await worker.terminate();
    },
  };
}

async function serveOrders(port: NonNullable<typeof parentPort>, latencyMs: number): Promise<void> {
  const upstream = await startCountingUpstream(latencyMs);
  port.on('message', (order: Order) => {
    if (order === 'read') return port.postMessage(upstream.read());
    upstream.begin(order.begin);
    port.postMessage(null);
  });
  port.postMessage(upstream.url);
}

// Test runners have threads of their own.
const { latencyMs } = (workerData ?? {}) as { latencyMs?: number };
if (!isMainThread && parentPort && latencyMs !== undefined) await serveOrders(parentPort, latencyMs);

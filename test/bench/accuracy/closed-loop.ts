import { Agent, request as sendRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildNamedMessage } from './counting-upstream.ts';

/** One answer as its client saw it; times are of the clients' one process. */
export interface Answer {
  sentAtMs: number;
  receivedAtMs: number;
  status: number;
  /** Of an error: its code in the answer's header or text. */
  message: string;
  /** Seconds to the end of the window that the answer speaks of; null = it speaks of none. */
  windowRestS: number | null;
}

export interface Crowd {
  /** Name that the upstream counts under. */
  user: string;
  key: string;
  connections: number;
}

/** How long a refused client rests: long enough to keep the load bounded, far shorter than it was told to. */
const REFUSED_REST_MS = 400;

/**
 * Closed-loop clients, spread over the gateways in turn, until `stop` or for `durationMs`; all requests that were
 * begun are answered.
 */
export async function runClosedLoop(
  gateways: readonly string[],
  crowds: readonly Crowd[],
  durationMs: number,
): Promise<Map<string, Answer[]>> {
  const agents = gateways.map(() => new Agent({ keepAlive: true }));
  const answers = new Map(crowds.map(({ user }) => [user, [] as Answer[]]));
  const untilMs = performance.now() + durationMs;
  const runClient = async (crowd: Crowd, index: number): Promise<void> => {
    const node = index % gateways.length;
    const post = buildPost(gateways[node] ?? '', crowd, agents[node]);
    const seen = answers.get(crowd.user);
    while (performance.now() < untilMs) {
      const answer = await post();
      seen?.push(answer);
      // Spread, so that those who were refused together do not come back together.
      if (answer.status !== 200) await sleep(REFUSED_REST_MS * (0.5 + Math.random()));
    }
  };
  const clients = crowds.flatMap((crowd) => Array.from({ length: crowd.connections }, () => crowd));
  try {
    await Promise.all(clients.map(runClient));
  } finally {
    for (const agent of agents) agent.destroy();
  }
  return answers;
}

let requests = 0;

function buildPost(gateway: string, crowd: Crowd, agent: Agent | undefined): () => Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    'anthropic-version': '2023-06-01',
    'x-api-key': crowd.key,
  };
  const url = new URL('/v1/messages', gateway);
  return () =>
    new Promise((resolve, reject) => {
      requests += 1;
      const body = buildNamedMessage(crowd.user, requests);
      const sentAtMs = Date.now();
      const request = sendRequest(url, { method: 'POST', headers, agent }, (response) => {
        text(response).then((message) => {
          const rest = response.headers['x-ratelimit-reset-requests'] ?? response.headers['retry-after'];
          resolve({
            sentAtMs,
            receivedAtMs: Date.now(),
            status: response.statusCode ?? 0,
            message: response.statusCode === 200 ? '' : message,
            windowRestS: rest === undefined ? null : Number.parseInt(String(rest), 10),
          });
        }, reject);
      });
      request.on('error', reject);
      request.end(body);
    });
}

import { Agent, request as sendRequest } from 'node:http';
import { buildMessage } from '../harness/client.ts';

const BODY = buildMessage({ max_tokens: 1 });
const HEADERS = {
  'content-type': 'application/json',
  'content-length': Buffer.byteLength(BODY),
  'anthropic-version': '2023-06-01',
};

export function openAgent(): Agent {
  return new Agent({ keepAlive: true });
}

/** POST /v1/messages; the status, when the whole answer is there, or 0 when there was none. */
export function askGateway(gateway: string, key: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const headers = { ...HEADERS, 'x-api-key': key };
    const request = sendRequest(`${gateway}/v1/messages`, { method: 'POST', headers, agent }, (answer) => {
      answer.on('error', () => resolve(0));
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.resume();
    });
    request.on('error', () => resolve(0));
    request.end(BODY);
  });
}

/** Closed-loop clients with keys in turn, on every node, until the signal. Resolves to how many were served. */
export async function runLoad(
  gateways: readonly string[],
  keys: readonly string[],
  clients: number,
  signal: AbortSignal,
): Promise<number> {
  const agent = openAgent();
  let served = 0;
  let turn = 0;
  const runClient = async (gateway: string): Promise<void> => {
    while (!signal.aborted) {
      turn += 1;
      if ((await askGateway(gateway, keys[turn % keys.length] ?? '', agent)) === 200) served += 1;
    }
  };
  await Promise.all(gateways.flatMap((gateway) => Array.from({ length: clients }, () => runClient(gateway))));
  agent.destroy();
  return served;
}
